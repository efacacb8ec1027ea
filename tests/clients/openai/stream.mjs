import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: greeting }],
    stream: true,
    stream_options: { include_usage: true },
  });
  report.text = "";
  report.pieces = 0;
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    if (choice?.delta.content) {
      report.text += choice.delta.content;
      report.pieces++;
    }
    report.finish = choice?.finish_reason ?? report.finish;
    if (chunk.usage) report.usage = usageOf(chunk.usage);
  }
});
