import Anthropic from "@anthropic-ai/sdk";
import { gateway, key } from "../shared/scenario.mjs";

export const client = new Anthropic({ baseURL: gateway, apiKey: key, maxRetries: 0 });

export const limit = { max_tokens: 4096 };

export function describe(error) {
  if (!(error instanceof Anthropic.AnthropicError)) return undefined;
  return {
    type: error.constructor.name,
    status: error.status,
    code: error.error?.error?.type,
    param: error.requestID,
    retryAfter: error.headers?.get("retry-after"),
    message: error.message,
  };
}

export function usageOf(usage) {
  return {
    prompt: usage.input_tokens,
    completion: usage.output_tokens,
    thoughts: usage.output_tokens_details?.thinking_tokens,
    total: usage.input_tokens + usage.output_tokens,
  };
}

export const textOf = (message) => message.content.filter((block) => block.type === "text").map((block) => block.text).join("");

export const thoughtsOf = (message) => message.content.filter((block) => block.type === "thinking").map((block) => block.thinking).join("");
