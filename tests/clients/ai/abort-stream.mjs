import { streamText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { abortScenario } from "../shared/scenario.mjs";
import { describe, read, settings } from "./client.mjs";

await abortScenario(describe, async (abortSignal, began, report) => {
  await read(streamText({ ...settings, prompt: greeting, abortSignal, onError: () => {} }).fullStream, report, began);
});
