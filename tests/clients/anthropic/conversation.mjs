import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model } from "../shared/scenario.mjs";
import { client, limit, textOf } from "./client.mjs";

const tools = declarations.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));

/** Holds the conversation as programs do: what came goes back as it came. The results of one step go back in the reverse order. */
export async function converse(report, ask, options = {}) {
  const messages = [];
  report.steps = [];
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const message = await ask({ model, messages, tools, ...limit, ...options });
      report.finish = message.stop_reason;
      messages.push({ role: "assistant", content: message.content });
      const calls = message.content.filter((block) => block.type === "tool_use");
      if (calls.length === 0) {
        report.text = textOf(message);
        break;
      }
      report.steps.push(calls.map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input), finish: message.stop_reason })));
      messages.push({
        role: "user",
        content: calls.toReversed().map((call) => ({ type: "tool_result", tool_use_id: call.id, content: JSON.stringify(functions[call.name](call.input)) })),
      });
    }
  }
  return messages;
}

export const complete = (request) => client.messages.create(request);

export const stream = (request) => client.messages.stream(request).finalMessage();
