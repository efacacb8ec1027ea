import { createPartFromUri } from "@google/genai";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

// Uploads a file of 9 MiB, which this client sends in two pieces, then uses, finds and deletes it.
await scenario(describe, async (report) => {
  const file = await client.files.upload({
    file: new Blob([new Uint8Array(9 * 1024 * 1024).fill(65)]),
    config: { mimeType: "text/plain", displayName: "letters" },
  });
  const answer = await client.models.generateContent({
    model,
    contents: ["What is this?", createPartFromUri(file.uri, file.mimeType)],
  });
  report.text = answer.text;
  report.model = (await client.files.get({ name: file.name })).displayName;
  report.models = [];
  for await (const known of await client.files.list({ config: { pageSize: 1 } })) report.models.push(known.name);
  await client.files.delete({ name: file.name });
  try {
    await client.files.get({ name: file.name });
  } catch (error) {
    report.finish = String(error.status);
  }
});
