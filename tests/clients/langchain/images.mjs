import { DallEAPIWrapper } from "@langchain/openai";
import { gateway, key, model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";

const painter = (options = {}) => new DallEAPIWrapper({ model, apiKey: key, baseUrl: `${gateway}/v1`, ...options });

await scenario(describe, async (report) => {
  const address = await painter({ size: "1792x1024" }).invoke("a cat");
  report.text = await painter({ dallEResponseFormat: "b64_json" }).invoke("a cat");
  const several = await painter({ n: 2 }).invoke("a dog");
  report.models = [address, ...several.map((part) => part.image_url)];
});
