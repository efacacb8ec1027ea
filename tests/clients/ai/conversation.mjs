import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { declarations, functions, questions } from "../shared/conversation.mjs";
import { settings } from "./client.mjs";

const tools = Object.fromEntries(
  declarations.map(({ name, description, parameters }) => [
    name,
    tool({ description, inputSchema: jsonSchema(parameters), execute: async (input) => functions[name](input) }),
  ]),
);

/** Holds the conversation; the client itself runs the functions and asks again. */
export async function converse(report, ask) {
  const messages = [];
  report.steps = [];
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    const answer = await ask({ ...settings, messages, tools, stopWhen: stepCountIs(5) });
    for (const step of await answer.steps) {
      if (step.toolCalls.length === 0) continue;
      report.steps.push(
        step.toolCalls.map(({ toolCallId, toolName, input }) => ({
          id: toolCallId,
          name: toolName,
          arguments: JSON.stringify(input),
          finish: step.finishReason,
        })),
      );
    }
    report.finish = await answer.finishReason;
    report.text = await answer.text;
    messages.push(...(await answer.response).messages);
  }
}

export const complete = generateText;

export async function stream(request) {
  const answer = streamText({
    ...request,
    onError: ({ error }) => {
      throw error;
    },
  });
  await answer.consumeStream();
  return answer;
}
