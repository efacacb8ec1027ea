import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { chat, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.text = "";
  report.pieces = 0;
  for await (const chunk of await chat({ streamUsage: true }).stream(greeting)) {
    report.text += chunk.content;
    report.pieces += chunk.content === "" ? 0 : 1;
    report.finish = chunk.response_metadata.finish_reason ?? report.finish;
    report.tokens = chunk.usage_metadata?.total_tokens ?? report.tokens;
  }
});
