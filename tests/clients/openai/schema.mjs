import { zodResponseFormat } from "openai/helpers/zod";
import { city } from "../shared/city.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const completion = await client.chat.completions.parse({
    model,
    messages: [{ role: "user", content: "Describe a city" }],
    response_format: zodResponseFormat(city, "city"),
  });
  report.object = completion.choices[0].message.parsed;
});
