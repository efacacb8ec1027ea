import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const speech = await client.audio.speech.create({ model, voice: "alloy", input: "Hello", response_format: "pcm" });
  report.text = Buffer.from(await speech.arrayBuffer()).toString("base64");
});
