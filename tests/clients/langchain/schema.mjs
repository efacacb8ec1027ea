import { city } from "../shared/city.mjs";
import { scenario } from "../shared/scenario.mjs";
import { chat, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.object = await chat().withStructuredOutput(city, { method: "jsonSchema", name: "city" }).invoke("Describe a city");
});
