import { ThinkingLevel } from "@google/genai";
import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, thoughtsOf, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await client.models.generateContent({
    model,
    contents: greeting,
    config: { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } },
  });
  report.thoughts = thoughtsOf(answer);
  report.text = answer.text;
  report.usage = usageOf(answer.usageMetadata);
});
