import { generateText } from "ai";
import { greeting } from "../shared/conversation.mjs";
import { abortScenario } from "../shared/scenario.mjs";
import { describe, settings } from "./client.mjs";

await abortScenario(describe, async (abortSignal) => {
  await generateText({ ...settings, prompt: greeting, abortSignal });
});
