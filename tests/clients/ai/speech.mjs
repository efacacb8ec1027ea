import { experimental_generateSpeech as generateSpeech } from "ai";
import { model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

await scenario(describe, async (report) => {
  const { audio } = await generateSpeech({ model: openai.speech(model), text: "Hello", voice: "alloy", outputFormat: "wav", maxRetries: 0 });
  report.text = Buffer.from(audio.uint8Array.subarray(44)).toString("base64");
  report.finish = audio.mediaType;
});
