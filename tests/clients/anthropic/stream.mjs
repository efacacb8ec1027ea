import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, usageOf } from "./client.mjs";

await scenario(describe, async (report) => {
  report.text = "";
  report.pieces = 0;
  const stream = client.messages.stream({ model, ...limit, messages: [{ role: "user", content: greeting }] }).on("text", (piece) => {
    report.text += piece;
    report.pieces++;
  });
  const message = await stream.finalMessage();
  report.finish = message.stop_reason;
  report.usage = usageOf(message.usage);
});
