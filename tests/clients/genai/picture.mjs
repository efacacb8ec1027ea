import { createPartFromBase64 } from "@google/genai";
import { pixel } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await client.models.generateContent({
    model,
    contents: ["What is this?", createPartFromBase64(pixel, "image/png")],
  });
  report.text = answer.text;
});
