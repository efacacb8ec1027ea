import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const message = await client.messages.create({ model, ...limit, messages: [{ role: "user", content: greeting }] });
  report.text = textOf(message);
  report.finish = message.stop_reason;
  report.usage = usageOf(message.usage);
  report.model = message.model;
});
