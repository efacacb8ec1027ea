import { streamText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { describe, read, settings, thinking } from "./client.mjs";

await scenario(describe, async (report) => {
  await read(streamText({ ...settings, providerOptions: thinking, prompt: greeting, onError: () => {} }).fullStream, report);
});
