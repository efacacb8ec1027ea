import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const made = await client.images.generate({ model, prompt: "a cat {ratio:16:9}", n: 2, response_format: "url" });
  const bytes = await client.images.generate({ model, prompt: "a cat", response_format: "b64_json" });
  report.models = made.data.map((picture) => picture.url);
  report.text = bytes.data[0].b64_json;
  report.tokens = made.usage.total_tokens;
});
