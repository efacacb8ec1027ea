import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf, thoughtsOf, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const message = await client.messages.create({ model, ...limit, thinking: { type: "enabled", budget_tokens: 1024 }, messages: [{ role: "user", content: greeting }] });
  report.thoughts = thoughtsOf(message);
  report.text = textOf(message);
  report.usage = usageOf(message.usage);
});
