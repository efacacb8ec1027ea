import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

/** Makes a response, asks for it again with its input, deletes it, and asks once more. */
await scenario(describe, async (report) => {
  const made = await client.responses.create({ model, input: greeting, instructions: "Be short.", metadata: { of: "a test" } });
  report.text = made.output_text;
  report.finish = made.status;
  report.model = made.model;
  report.usage = {
    prompt: made.usage.input_tokens,
    completion: made.usage.output_tokens,
    thoughts: made.usage.output_tokens_details.reasoning_tokens,
    total: made.usage.total_tokens,
  };
  const again = await client.responses.retrieve(made.id);
  const items = [];
  for await (const item of client.responses.inputItems.list(made.id)) items.push(item);
  const counted = await client.responses.inputTokens.count({ model, input: greeting });
  report.tokens = counted.input_tokens;
  report.models = [again.output_text, again.metadata.of, items[0].content[0].text];
  await client.responses.delete(made.id);
  await client.responses.retrieve(made.id);
});
