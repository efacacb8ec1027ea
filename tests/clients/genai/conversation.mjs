import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model } from "../shared/scenario.mjs";
import { client } from "./client.mjs";

/** Holds the conversation in a chat, which keeps the history, signatures included. */
export async function converse(report, ask) {
  const chat = client.chats.create({
    model,
    config: {
      tools: [
        {
          functionDeclarations: declarations.map(({ name, description, parameters }) => ({
            name,
            description,
            parametersJsonSchema: parameters,
          })),
        },
      ],
    },
  });
  report.steps = [];
  for (const question of questions) {
    let message = question;
    for (;;) {
      const { calls, text, finish } = await ask(chat, message);
      report.finish = finish;
      if (calls.length === 0) {
        report.text = text;
        break;
      }
      report.steps.push(calls.map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args), finish })));
      message = calls.map(({ id, name, args }) => ({ functionResponse: { id, name, response: functions[name](args) } }));
    }
  }
}

export async function complete(chat, message) {
  const answer = await chat.sendMessage({ message });
  const calls = answer.functionCalls ?? [];
  return { calls, text: calls.length ? undefined : answer.text, finish: answer.candidates[0].finishReason };
}

export async function stream(chat, message) {
  const whole = { calls: [], text: "", finish: undefined };
  for await (const answer of await chat.sendMessageStream({ message })) {
    const calls = answer.functionCalls ?? [];
    whole.calls.push(...calls);
    if (calls.length === 0) whole.text += answer.text ?? "";
    whole.finish = answer.candidates?.[0]?.finishReason ?? whole.finish;
  }
  return whole;
}
