import { greeting } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  report.text = "";
  report.thoughts = "";
  report.pieces = 0;
  const stream = client.responses
    .stream({ model, input: greeting, reasoning: { summary: "auto" } })
    .on("response.output_text.delta", (event) => {
      report.text += event.delta;
      report.pieces++;
    })
    .on("response.reasoning_summary_text.delta", (event) => {
      report.thoughts += event.delta;
    });
  const final = await stream.finalResponse();
  report.finish = final.status;
  report.model = final.output_text;
});
