import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const completion = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: greeting }],
    reasoning_effort: "low",
  });
  report.thoughts = completion.choices[0].message.reasoning_content;
  report.text = completion.choices[0].message.content;
  report.usage = usageOf(completion.usage);
});
