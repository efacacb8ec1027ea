import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const whole = await client.completions.create({ model, prompt: "Once upon", max_tokens: 50 });
  report.model = whole.choices[0].text;
  report.text = "";
  for await (const chunk of await client.completions.create({ model, prompt: "Once upon", stream: true })) {
    report.text += chunk.choices[0]?.text ?? "";
    report.finish = chunk.choices[0]?.finish_reason ?? report.finish;
  }
});
