// The client's own loop over tools.
import { declarations, functions, questions } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: "user", content: questions[0] }],
    tools: declarations.map((declaration) => ({
      type: "function",
      function: { ...declaration, parse: JSON.parse, function: functions[declaration.name] },
    })),
  });
  report.text = await runner.finalContent();
  report.steps = runner.messages
    .filter((message) => message.tool_calls)
    .map((message) => message.tool_calls.map(({ id, function: { name, arguments: text } }) => ({ id, name, arguments: text })));
});
