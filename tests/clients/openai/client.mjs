import OpenAI from "openai";
import { gateway, key } from "../shared/scenario.mjs";

export const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0 });

export function describe(error) {
  if (!(error instanceof OpenAI.OpenAIError)) return undefined;
  return {
    type: error.constructor.name,
    status: error.status,
    code: error.code,
    param: error.param,
    retryAfter: error.headers?.get("retry-after"),
    message: error.message,
  };
}

export function usageOf(usage) {
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    thoughts: usage.completion_tokens_details?.reasoning_tokens,
    total: usage.total_tokens,
  };
}
