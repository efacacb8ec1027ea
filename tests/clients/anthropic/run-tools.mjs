// The client's own loop over tools.
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const tools = declarations.map(({ name, description, parameters }) =>
    betaTool({ name, description, inputSchema: parameters, run: (input) => JSON.stringify(functions[name](input)) }),
  );
  report.steps = [];
  const runner = client.beta.messages.toolRunner({ model, ...limit, tools, messages: [{ role: "user", content: questions[0] }] });
  for await (const message of runner) {
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (calls.length > 0) report.steps.push(calls.map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) })));
    report.text = textOf(message);
  }
});
