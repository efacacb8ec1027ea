import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const completion = await client.chat.completions.create({ model, messages: [{ role: "user", content: greeting }] });
  report.text = completion.choices[0].message.content;
  report.finish = completion.choices[0].finish_reason;
  report.usage = usageOf(completion.usage);
});
