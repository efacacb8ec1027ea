// One picture and three changes of it, by a client that keeps the text of each answer and nothing else.
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const messages = [];
  report.models = [];
  for (const wish of ["Draw a cat.", "Make it blue.", "Give it a hat.", "Now at night."]) {
    messages.push({ role: "user", content: wish });
    const completion = await client.chat.completions.create({ model, messages });
    const content = completion.choices[0].message.content;
    report.models.push(content);
    messages.push({ role: "assistant", content });
  }
});
