import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async () => {
  await client.chat.completions.create({ model, messages: [] });
});
