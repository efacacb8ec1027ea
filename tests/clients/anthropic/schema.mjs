import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { city } from "../shared/city.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit } from "./client.mjs";

await scenario(describe, async (report) => {
  const message = await client.messages.parse({
    model,
    ...limit,
    messages: [{ role: "user", content: "Describe a city" }],
    output_config: { format: zodOutputFormat(city) },
  });
  report.object = message.parsed_output;
});
