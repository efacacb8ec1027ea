import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf } from "./client.mjs";

const cited = (message) => message.content.flatMap((block) => (block.type === "text" ? (block.citations ?? []) : [])).map((citation) => citation.url);
const found = (message) => message.content.filter((block) => block.type === "web_search_tool_result").flatMap((block) => block.content.map((one) => one.url));

await scenario(describe, async (report) => {
  const ask = { model, ...limit, messages: [{ role: "user", content: greeting }], tools: [{ type: "web_search_20250305", name: "web_search" }] };
  const whole = await client.messages.create(ask);
  const streamed = await client.messages.stream(ask).finalMessage();
  report.text = textOf(whole);
  report.object = { whole: cited(whole), streamed: cited(streamed), found: found(whole), foundStreamed: found(streamed), query: whole.content.find((block) => block.type === "server_tool_use")?.input.query };
});
