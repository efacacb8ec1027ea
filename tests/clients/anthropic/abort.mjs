import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe, limit } from "./client.mjs";

await abortScenario(describe, async (signal) => {
  await client.messages.create({ model, ...limit, messages: [{ role: "user", content: greeting }] }, { signal });
});
