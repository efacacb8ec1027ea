// The client asks again by itself, when the gateway says.
import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const began = Date.now();
  const message = await client.messages.create({ model, ...limit, messages: [{ role: "user", content: greeting }] }, { maxRetries: 1 });
  report.text = textOf(message);
  report.tokens = Date.now() - began;
});
