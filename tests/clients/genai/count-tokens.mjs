import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.tokens = (await client.models.countTokens({ model, contents: greeting })).totalTokens;
});
