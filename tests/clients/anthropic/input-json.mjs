// The pieces of a call's input, as the client's helper hands them on.
import { questions } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit } from "./client.mjs";

await scenario(describe, async (report) => {
  let pieces = "";
  const stream = client.messages
    .stream({ model, ...limit, tools: [{ name: "get_weather", input_schema: { type: "object" } }], messages: [{ role: "user", content: questions[0] }] })
    .on("inputJson", (piece) => (pieces += piece));
  const message = await stream.finalMessage();
  report.finish = message.stop_reason;
  report.object = { pieces: JSON.parse(pieces), input: message.content.find((block) => block.type === "tool_use").input };
});
