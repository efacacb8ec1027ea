import { experimental_generateImage as generateImage } from "ai";
import { model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

await scenario(describe, async (report) => {
  const { images } = await generateImage({ model: openai.image(model), prompt: "a cat", n: 2, size: "1024x1536", maxRetries: 0 });
  report.models = images.map((picture) => picture.base64);
  report.finish = images[0].mediaType;
});
