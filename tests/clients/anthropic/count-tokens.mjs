import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const { data, response } = await client.messages.countTokens({ model, system: "Be short.", messages: [{ role: "user", content: greeting }] }).withResponse();
  report.tokens = data.input_tokens;
  report.text = response.headers.get("x-pollux-count");
});
