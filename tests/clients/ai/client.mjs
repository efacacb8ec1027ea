import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { AISDKError, APICallError } from "ai";
import { gateway, key, model } from "../shared/scenario.mjs";

const compatible = createOpenAICompatible({
  name: "pollux",
  baseURL: `${gateway}/v1`,
  apiKey: key,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const google = createGoogleGenerativeAI({ baseURL: `${gateway}/v1beta`, apiKey: key });

const providers = {
  "openai-compatible": { model: compatible(model), thinking: { pollux: { reasoningEffort: "low" } } },
  google: {
    model: google(model),
    thinking: { google: { thinkingConfig: { includeThoughts: true, thinkingLevel: "low" } } },
  },
};

const provider = providers[process.env.PROVIDER];

/** What every call has. */
export const settings = { model: provider.model, maxRetries: 0 };

/** The provider's own words for little thinking, shown. */
export const thinking = provider.thinking;

/** An error that came as an event of a stream; the providers hand on whatever they found there. */
export class StreamError extends Error {
  name = "StreamError";
}

export function describe(error) {
  const known = AISDKError.isInstance(error) || error instanceof StreamError || error.name === "AbortError" || error.message === "terminated";
  if (!known) return undefined;
  return {
    type: error.name,
    status: APICallError.isInstance(error) ? error.statusCode : undefined,
    retryAfter: APICallError.isInstance(error) ? error.responseHeaders?.["retry-after"] : undefined,
    message: error.message,
  };
}

export function usageOf(usage) {
  return {
    prompt: usage.inputTokens,
    completion: usage.outputTokens,
    thoughts: usage.outputTokenDetails?.reasoningTokens,
    total: usage.totalTokens,
  };
}

/** Reads a stream to its end. This client does not throw but tells of an error by a part of the stream. */
export async function read(stream, report, began = () => {}) {
  report.text = "";
  report.thoughts = "";
  report.pieces = 0;
  for await (const part of stream) {
    if (part.type === "text-delta") {
      report.text += part.text;
      if (++report.pieces === 1) began();
    }
    if (part.type === "reasoning-delta") report.thoughts += part.text;
    if (part.type === "finish") {
      report.finish = part.finishReason;
      report.usage = usageOf(part.totalUsage);
    }
    if (part.type === "abort") throw Object.assign(new Error("The stream says that it was aborted."), { name: "AbortError" });
    if (part.type === "error") throw part.error instanceof Error ? part.error : new StreamError(JSON.stringify(part.error));
  }
}
