import { pixel } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf } from "./client.mjs";

await scenario(describe, async (report) => {
  const message = await client.messages.create({
    model,
    ...limit,
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
        ],
      },
    ],
  });
  report.text = textOf(message);
});
