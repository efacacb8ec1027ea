import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await abortScenario(describe, async (signal, began, report) => {
  const request = { model, messages: [{ role: "user", content: greeting }], stream: true };
  for await (const chunk of await client.chat.completions.create(request, { signal })) {
    if (!chunk.choices[0]?.delta.content || report.pieces) continue;
    report.pieces = 1;
    began();
  }
});
