import { generateText } from "ai";
import { pixel } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, settings } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await generateText({
    ...settings,
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", image: pixel, mediaType: "image/png" },
        ],
      },
    ],
  });
  report.text = answer.text;
});
