import { embedMany } from "ai";
import { model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

await scenario(describe, async (report) => {
  const { embeddings, usage } = await embedMany({ model: openai.embedding(model), values: ["one", "two"], maxRetries: 0 });
  report.embedding = embeddings[1];
  report.object = { count: embeddings.length, tokens: usage.tokens };
});
