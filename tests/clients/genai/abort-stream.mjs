import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await abortScenario(describe, async (abortSignal, began, report) => {
  const request = { model, contents: greeting, config: { abortSignal } };
  for await (const answer of await client.models.generateContentStream(request)) {
    if (!answer.text || report.pieces) continue;
    report.pieces = 1;
    began();
  }
});
