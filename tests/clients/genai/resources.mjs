import { writeFile, readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

// Caches, batches, stores to search, tuned models and interactions, as a program uses them.
await scenario(describe, async (report) => {
  const steps = [];
  const contents = [{ role: "user", parts: [{ text: "All that the cache has to know. ".repeat(200) }] }];
  const cache = await client.caches.create({ model, config: { contents, ttl: "600s" } });
  for (let i = 0; i < 3; i++)
    report.text = (await client.models.generateContent({ model, contents: "Hi", config: { cachedContent: cache.name } })).text;
  await client.caches.update({ name: cache.name, config: { ttl: "1200s" } });
  for await (const known of await client.caches.list()) steps.push(known.name === cache.name ? "cache listed" : "strange cache");
  await client.caches.delete({ name: cache.name });

  const batch = await client.batches.create({ model, src: [{ contents: "a" }, { contents: "b" }], config: { displayName: "two" } });
  steps.push((await client.batches.get({ name: batch.name })).state);
  for await (const known of await client.batches.list()) steps.push(known.name === batch.name ? "batch listed" : "strange batch");
  await client.batches.cancel({ name: batch.name });
  await client.batches.delete({ name: batch.name });

  const store = await client.fileSearchStores.create({ config: { displayName: "papers" } });
  let filled = await client.fileSearchStores.uploadToFileSearchStore({
    fileSearchStoreName: store.name,
    file: new Blob(["a paper"]),
    config: { mimeType: "text/plain", displayName: "paper" },
  });
  filled = await client.operations.get({ operation: filled });
  steps.push(filled.done ? "store filled" : "store empty");
  for await (const document of await client.fileSearchStores.documents.list({ parent: store.name })) steps.push(document.displayName);
  for await (const known of await client.fileSearchStores.list()) steps.push(known.displayName);
  await client.models.generateContent({ model, contents: "Find it", config: { tools: [{ fileSearch: { fileSearchStoreNames: [store.name] } }] } });
  await client.fileSearchStores.delete({ name: store.name, config: { force: true } });

  const first = await client.interactions.create({ model, input: "Hi" });
  const events = await client.interactions.create({ model, input: "And?", previous_interaction_id: first.id, stream: true });
  for await (const event of events) {
    if (event.event_type === "step.delta") steps.push(event.delta.text);
  }
  steps.push((await client.interactions.get(first.id)).status);
  await client.interactions.delete(first.id);
  for await (const tuned of await client.models.list({ config: { queryBase: false } })) steps.push(tuned.name);

  let film = await client.models.generateVideos({ model: "veo-3.1-generate-preview", source: { prompt: "a cat" } });
  while (!film.done) film = await client.operations.getVideosOperation({ operation: film });
  const folder = await mkdtemp(join(tmpdir(), "film-"));
  try {
    const downloadPath = join(folder, "film.mp4");
    await writeFile(downloadPath, "");
    await client.files.download({ file: film.response.generatedVideos[0], downloadPath });
    for (let wait = 0; wait < 100 && (await readFile(downloadPath)).length < 5; wait++) await new Promise((go) => setTimeout(go, 50));
    steps.push(await readFile(downloadPath, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
  report.models = steps;
});
