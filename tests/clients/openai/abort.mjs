import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await abortScenario(describe, async (signal) => {
  await client.chat.completions.create({ model, messages: [{ role: "user", content: greeting }] }, { signal });
});
