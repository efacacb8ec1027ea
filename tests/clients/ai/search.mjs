import { generateText, streamText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

const urls = (sources) => sources.map((source) => source.url);

await scenario(describe, async (report) => {
  const ask = { model: openai.chat(model), maxRetries: 0, prompt: greeting };
  const answer = await generateText(ask);
  const streamed = streamText(ask);
  report.text = answer.text;
  report.object = { whole: urls(answer.sources), streamed: urls(await streamed.sources) };
});
