// A tool that the client calls by itself, turn after turn, until the model has its answer.
import { Type } from "@google/genai";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

const calls = [];
const weather = {
  tool: async () => ({
    functionDeclarations: [{ name: "get_weather", parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ["city"] } }],
  }),
  callTool: async (asked) =>
    asked.map((call) => {
      calls.push(call.args.city);
      return { functionResponse: { id: call.id, name: call.name, response: { sky: `blue over ${call.args.city}` } } };
    }),
};

await scenario(describe, async (report) => {
  const answer = await client.models.generateContent({ model, contents: "How is the weather in Rome and in Oslo?", config: { tools: [weather] } });
  report.text = answer.text;
  report.models = calls;
});
