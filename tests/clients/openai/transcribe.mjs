import { toFile } from "openai";
import { model, scenario } from "../shared/scenario.mjs";
import { wave } from "../shared/sound.mjs";
import { client, describe } from "./client.mjs";

const file = () => toFile(wave, "speech.wav");

await scenario(describe, async (report) => {
  const plain = await client.audio.transcriptions.create({ model, file: await file() });
  const srt = await client.audio.transcriptions.create({ model, file: await file(), response_format: "srt" });
  const verbose = await client.audio.transcriptions.create({ model, file: await file(), response_format: "verbose_json", timestamp_granularities: ["word", "segment"] });
  const english = await client.audio.translations.create({ model, file: await file() });
  report.object = { plain: plain.text, srt, segments: verbose.segments, words: verbose.words, duration: verbose.duration, english: english.text };
  report.text = "";
  report.pieces = 0;
  for await (const event of await client.audio.transcriptions.create({ model, file: await file(), stream: true })) {
    if (event.type === "transcript.text.delta") {
      report.text += event.delta;
      report.pieces++;
    }
    if (event.type === "transcript.text.done") report.finish = event.text;
  }
});
