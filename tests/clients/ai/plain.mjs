import { generateText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, settings, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await generateText({ ...settings, prompt: greeting });
  report.text = answer.text;
  report.finish = answer.finishReason;
  report.usage = usageOf(answer.usage);
});
