// Three changes of one picture by a client that keeps the text of each answer and nothing else.
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const messages = [{ role: "user", content: "Draw a cat." }];
  report.models = [];
  for (const change of ["Make it blue.", "Give it a hat.", undefined]) {
    const completion = await client.chat.completions.create({ model, messages });
    const content = completion.choices[0].message.content;
    report.models.push(content);
    messages.push({ role: "assistant", content }, { role: "user", content: change });
  }
});
