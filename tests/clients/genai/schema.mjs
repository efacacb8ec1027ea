import { Type } from "@google/genai";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

const responseSchema = {
  type: Type.OBJECT,
  properties: {
    name: { type: Type.STRING, description: "The usual name" },
    population: { type: Type.INTEGER },
    continent: { type: Type.STRING, enum: ["Europe", "Asia", "Africa"] },
    nickname: { type: Type.STRING, nullable: true },
    districts: {
      type: Type.ARRAY,
      items: {
        type: Type.OBJECT,
        properties: { name: { type: Type.STRING }, old: { type: Type.BOOLEAN } },
        required: ["name", "old"],
      },
    },
  },
  required: ["name", "population", "continent", "nickname", "districts"],
};

await scenario(describe, async (report) => {
  const answer = await client.models.generateContent({
    model,
    contents: "Describe a city",
    config: { responseMimeType: "application/json", responseSchema },
  });
  report.object = JSON.parse(answer.text);
});
