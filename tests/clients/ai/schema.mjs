import { generateObject } from "ai";
import { city } from "../shared/city.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, settings } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await generateObject({ ...settings, schema: city, prompt: "Describe a city" });
  report.object = answer.object;
});
