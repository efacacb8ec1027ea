import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.models = [];
  for await (const one of client.models.list({ limit: 3 })) report.models.push(one.id);
  report.model = (await client.models.retrieve(model)).id;
});
