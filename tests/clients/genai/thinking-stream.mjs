import { ThinkingLevel } from "@google/genai";
import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, thoughtsOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const stream = await client.models.generateContentStream({
    model,
    contents: greeting,
    config: { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } },
  });
  report.thoughts = "";
  report.text = "";
  for await (const answer of stream) {
    report.thoughts += thoughtsOf(answer);
    report.text += answer.text ?? "";
  }
});
