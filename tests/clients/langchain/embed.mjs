import { scenario } from "../shared/scenario.mjs";
import { describe, embeddings } from "./client.mjs";

await scenario(describe, async (report) => {
  const vectors = await embeddings({ dimensions: 256 }).embedDocuments(["one", "two"]);
  const plain = await embeddings({ dimensions: 256, encodingFormat: "float" }).embedQuery("one");
  report.embedding = vectors[0];
  report.object = { second: vectors[1], plain };
});
