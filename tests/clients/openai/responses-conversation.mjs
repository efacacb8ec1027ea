import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model } from "../shared/scenario.mjs";
import { client } from "./client.mjs";

const tools = declarations.map((declaration) => ({ type: "function", strict: false, ...declaration }));

/** Holds the conversation; `ask` takes what is new and gives the response. */
export async function converse(report, ask) {
  report.steps = [];
  for (const question of questions) {
    let news = [{ role: "user", content: question }];
    for (;;) {
      const response = await ask({ model, tools }, news);
      report.finish = response.status;
      const calls = response.output.filter((item) => item.type === "function_call");
      if (calls.length === 0) {
        report.text = response.output_text;
        break;
      }
      report.steps.push(calls.map((call) => ({ id: call.call_id, name: call.name, arguments: call.arguments, finish: response.status })));
      news = calls.toReversed().map((call) => ({
        type: "function_call_output",
        call_id: call.call_id,
        output: JSON.stringify(functions[call.name](JSON.parse(call.arguments))),
      }));
    }
  }
}

/** Goes on from the response before. */
export function fromPrevious() {
  let previous;
  return async (request, news) => {
    const response = await client.responses.create({ ...request, input: news, previous_response_id: previous });
    previous = response.id;
    return response;
  };
}

/** Keeps all items itself, with what the reasoning items carry, as programs do that let nothing be stored; streams. */
export function fromHistory() {
  const history = [];
  return async (request, news) => {
    history.push(...news);
    const response = await client.responses
      .stream({ ...request, input: history, store: false, include: ["reasoning.encrypted_content"] })
      .finalResponse();
    history.push(...response.output.map(({ parsed_arguments, ...item }) => item));
    return response;
  };
}
