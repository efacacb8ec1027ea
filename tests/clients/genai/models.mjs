import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.models = [];
  const pager = await client.models.list({ config: { pageSize: 7 } });
  for await (const one of pager) report.models.push(one.name.replace(/^models\//, ""));
  report.model = (await client.models.get({ model })).name.replace(/^models\//, "");
});
