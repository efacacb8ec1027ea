import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

// Without an encoding the client asks for base64 and decodes it; with one it hands on what comes.
await scenario(describe, async (report) => {
  const packed = await client.embeddings.create({ model, input: ["one", "two"], dimensions: 256 });
  const plain = await client.embeddings.create({ model, input: "two", dimensions: 256, encoding_format: "float" });
  report.embedding = plain.data[0].embedding;
  report.object = { first: packed.data[0].embedding, second: packed.data[1].embedding, tokens: packed.usage.total_tokens };
});
