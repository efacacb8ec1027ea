import { streamText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, read, settings } from "./client.mjs";

await scenario(describe, async (report) => {
  await read(streamText({ ...settings, prompt: greeting, onError: () => {} }).fullStream, report);
});
