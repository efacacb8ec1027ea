import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { functions, questions } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { openai } from "./openai.mjs";

/** The client names items that it believes to be stored in place of sending them. */
await scenario(describe, async (report) => {
  const tools = {
    get_weather: tool({ description: "The weather in a city", inputSchema: z.object({ city: z.string() }), execute: functions.get_weather }),
    get_time: tool({ description: "The time in a zone", inputSchema: z.object({ zone: z.string() }), execute: functions.get_time }),
  };
  const asked = { role: "user", content: questions[0] };
  const first = streamText({ model: openai.responses(model), messages: [asked], tools, stopWhen: stepCountIs(5), maxRetries: 0 });
  report.text = await first.text;
  const said = (await first.response).messages;
  const second = await generateText({
    model: openai.responses(model),
    messages: [asked, ...said, { role: "user", content: questions[1] }],
    tools,
    maxRetries: 0,
  });
  report.model = second.text;
  report.finish = second.finishReason;
});
