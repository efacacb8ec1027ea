// A document as PDF, one as text, and a tool's result that is a picture.
import { pixel } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe, limit, textOf } from "./client.mjs";

const pdf = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");

await scenario(describe, async (report) => {
  const message = await client.messages.create({
    model,
    ...limit,
    tools: [{ name: "look", description: "Looks", input_schema: { type: "object" } }],
    messages: [
      {
        role: "user",
        content: [
          { type: "document", title: "The paper", source: { type: "base64", media_type: "application/pdf", data: pdf } },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "A plain document." } },
          { type: "text", text: "Look.", cache_control: { type: "ephemeral" } },
        ],
      },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look", input: {} }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "toolu_1",
            content: [
              { type: "text", text: "Here it is." },
              { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
            ],
          },
        ],
      },
    ],
  });
  report.text = textOf(message);
});
