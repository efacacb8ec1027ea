import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model } from "../shared/scenario.mjs";
import { client } from "./client.mjs";

const tools = declarations.map((declaration) => ({ type: "function", function: declaration }));

/**
 * Holds the conversation as programs do that know OpenAI's fields and no others: what else came with an answer is dropped.
 * The results of one step go back in the reverse order, which OpenAI allows.
 */
export async function converse(report, ask) {
  const messages = [];
  report.steps = [];
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const { message, finish_reason } = await ask({ model, messages, tools });
      report.finish = finish_reason;
      if (!message.tool_calls?.length) {
        report.text = message.content;
        messages.push({ role: "assistant", content: message.content });
        break;
      }
      const calls = message.tool_calls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.function.name, arguments: call.function.arguments },
      }));
      report.steps.push(calls.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments, finish: finish_reason })));
      messages.push({ role: "assistant", content: null, tool_calls: calls });
      for (const call of calls.toReversed()) {
        const result = functions[call.function.name](JSON.parse(call.function.arguments));
        messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify(result) });
      }
    }
  }
}

export const complete = async (request) => (await client.chat.completions.create(request)).choices[0];

export const stream = async (request) => (await client.chat.completions.stream(request).finalChatCompletion()).choices[0];
