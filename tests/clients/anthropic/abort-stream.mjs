import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe, limit } from "./client.mjs";

await abortScenario(describe, async (signal, began, report) => {
  const request = { model, ...limit, messages: [{ role: "user", content: greeting }], stream: true };
  for await (const event of await client.messages.create(request, { signal })) {
    if (event.delta?.type !== "text_delta" || report.pieces) continue;
    report.pieces = 1;
    began();
  }
});
