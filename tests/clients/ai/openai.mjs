import { createOpenAI } from "@ai-sdk/openai";
import { gateway, key } from "../shared/scenario.mjs";

/** OpenAI's own provider, which has the models for sound that the compatible one lacks. */
export const openai = createOpenAI({ baseURL: `${gateway}/v1`, apiKey: key });
