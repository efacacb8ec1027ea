// Pictures of Imagen, which this client asks for on Vertex AI alone.
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await client.models.generateImages({ model, prompt: "a cat", config: { numberOfImages: 2, aspectRatio: "16:9" } });
  report.models = answer.generatedImages.map(({ image }) => (image.imageBytes.length > 20 ? image.mimeType : "nothing"));
});
