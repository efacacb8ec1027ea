import OpenAI from "openai";
import { gateway, key, model, scenario } from "../shared/scenario.mjs";
import { describe, usageOf } from "./client.mjs";

const client = new OpenAI({ baseURL: `${gateway}/xai/v1`, apiKey: key, maxRetries: 0 });

await scenario(describe, async (report) => {
  const messages = [{ role: "user", content: "Hello" }];
  const whole = await client.chat.completions.create({ model, messages });
  report.text = whole.choices[0].message.content;
  report.thoughts = whole.choices[0].message.reasoning_content;
  report.finish = whole.choices[0].finish_reason;
  report.usage = usageOf(whole.usage);

  let streamed = "";
  report.pieces = 0;
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    const piece = chunk.choices[0]?.delta.content;
    if (piece) report.pieces++;
    streamed += piece ?? "";
  }
  if (streamed !== report.text) throw new Error(`The stream said ${streamed}`);

  const made = await client.images.generate({ model: "grok-imagine-image", prompt: "a cat", n: 2, size: "1792x1024" });
  const shown = await client.chat.completions.create({ model: "grok-2-image", messages: [{ role: "user", content: "3 cats" }] });
  report.models = [];
  for await (const one of client.models.list()) report.models.push(one.id);
  report.model = (await client.models.retrieve(model)).id;
  report.embedding = [made.data.length, shown.choices[0].message.content.split("![image").length - 1];
});
