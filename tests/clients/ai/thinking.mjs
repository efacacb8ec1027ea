import { generateText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, settings, thinking, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await generateText({ ...settings, providerOptions: thinking, prompt: greeting });
  report.thoughts = answer.reasoningText;
  report.text = answer.text;
  report.usage = usageOf(answer.usage);
});
