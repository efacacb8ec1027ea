import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: greeting }],
    reasoning_effort: "low",
    stream: true,
  });
  report.thoughts = "";
  report.text = "";
  for await (const chunk of stream) {
    report.thoughts += chunk.choices[0]?.delta.reasoning_content ?? "";
    report.text += chunk.choices[0]?.delta.content ?? "";
  }
});
