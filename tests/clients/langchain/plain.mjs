import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { chat, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await chat().invoke(greeting);
  report.text = answer.content;
  report.finish = answer.response_metadata.finish_reason;
  report.tokens = answer.usage_metadata.total_tokens;
});
