import { experimental_transcribe as transcribe } from "ai";
import { model, scenario } from "../shared/scenario.mjs";
import { wave } from "../shared/sound.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

await scenario(describe, async (report) => {
  const providerOptions = { openai: { timestampGranularities: ["segment"] } };
  const { text, segments, language, durationInSeconds } = await transcribe({ model: openai.transcription(model), audio: wave, providerOptions, maxRetries: 0 });
  report.text = text;
  report.object = { segments, language, durationInSeconds };
});
