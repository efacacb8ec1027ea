// Thoughts and their signatures go back with the calls they came with.
import { scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { converse, stream } from "./conversation.mjs";

await scenario(describe, async (report) => {
  const messages = await converse(report, stream, { thinking: { type: "enabled", budget_tokens: 1024 } });
  report.object = messages
    .filter((message) => message.role === "assistant")
    .map((message) => message.content.map((block) => (block.type === "thinking" ? `thinking ${block.signature}` : block.type)));
});
