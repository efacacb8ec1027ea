import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await client.models.generateContent({ model, contents: greeting });
  report.text = answer.text;
  report.finish = answer.candidates[0].finishReason;
  report.usage = usageOf(answer.usageMetadata);
});
