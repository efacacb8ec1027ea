import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await client.models.embedContent({ model, contents: greeting, config: { outputDimensionality: 256 } });
  report.embedding = answer.embeddings[0].values;
});
