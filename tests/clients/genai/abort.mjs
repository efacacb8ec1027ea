import { greeting } from "../shared/conversation.mjs";
import { abortScenario, model } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await abortScenario(describe, async (abortSignal) => {
  await client.models.generateContent({ model, contents: greeting, config: { abortSignal } });
});
