import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit } from "./client.mjs";

await scenario(describe, async (report) => {
  report.thoughts = "";
  report.text = "";
  const stream = client.messages
    .stream({ model, ...limit, thinking: { type: "adaptive" }, output_config: { effort: "low" }, messages: [{ role: "user", content: greeting }] })
    .on("thinking", (piece) => (report.thoughts += piece))
    .on("text", (piece) => (report.text += piece));
  await stream.done();
});
