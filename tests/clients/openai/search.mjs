import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

const addresses = (annotations) => annotations.map((annotation) => annotation.url_citation.url);

await scenario(describe, async (report) => {
  const ask = { model, messages: [{ role: "user", content: greeting }], web_search_options: {} };
  const completion = await client.chat.completions.create(ask);
  const streamed = [];
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) streamed.push(...addresses(chunk.choices[0]?.delta.annotations ?? []));
  report.text = completion.choices[0].message.content;
  report.object = { whole: addresses(completion.choices[0].message.annotations), streamed };
});
