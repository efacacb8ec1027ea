import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  report.text = "";
  report.pieces = 0;
  for await (const answer of await client.models.generateContentStream({ model, contents: greeting })) {
    if (answer.text) {
      report.text += answer.text;
      report.pieces++;
    }
    report.finish = answer.candidates?.[0]?.finishReason ?? report.finish;
    if (answer.usageMetadata?.candidatesTokenCount) report.usage = usageOf(answer.usageMetadata);
  }
});
