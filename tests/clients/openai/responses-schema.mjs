import { zodTextFormat } from "openai/helpers/zod";
import { city } from "../shared/city.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const response = await client.responses.parse({ model, input: "Tell me of Rome", text: { format: zodTextFormat(city, "city") } });
  report.object = response.output_parsed;
  report.finish = response.status;
});
