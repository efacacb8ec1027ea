import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { declarations, functions, questions } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { chat, describe } from "./client.mjs";

const tools = declarations.map((declaration) => ({ type: "function", function: declaration }));

await scenario(describe, async (report) => {
  const asking = chat().bindTools(tools);
  const messages = [new HumanMessage(questions[0])];
  report.steps = [];
  for (;;) {
    const answer = await asking.invoke(messages);
    messages.push(answer);
    if (!answer.tool_calls?.length) {
      report.text = answer.content;
      return;
    }
    report.steps.push(answer.tool_calls.map((call) => ({ id: call.id, name: call.name, arguments: JSON.stringify(call.args) })));
    for (const call of answer.tool_calls) messages.push(new ToolMessage({ content: JSON.stringify(functions[call.name](call.args)), tool_call_id: call.id }));
  }
});
