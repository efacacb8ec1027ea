import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { gateway, key, model } from "../shared/scenario.mjs";

const configuration = { baseURL: `${gateway}/v1` };

export const chat = (options = {}) => new ChatOpenAI({ model, apiKey: key, maxRetries: 0, useResponsesApi: false, configuration, ...options });

export const embeddings = (options = {}) => new OpenAIEmbeddings({ model, apiKey: key, maxRetries: 0, configuration, ...options });

export function describe(error) {
  if (error.status === undefined) return undefined;
  return { type: error.constructor.name, status: error.status, code: error.code, param: error.param, message: error.message };
}
