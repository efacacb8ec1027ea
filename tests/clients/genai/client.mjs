import { ApiError, GoogleGenAI } from "@google/genai";
import { gateway, key } from "../shared/scenario.mjs";

// PROVIDER: which of Google's two services the client believes to be behind the address, and how it names itself there.
const services = {
  gemini: { httpOptions: { baseUrl: gateway } },
  express: { vertexai: true, httpOptions: { baseUrl: gateway } },
  "express-route": { vertexai: true, httpOptions: { baseUrl: `${gateway}/vertex-express` } },
  project: { vertexai: true, project: "project-of-the-client", location: "us-central1", httpOptions: { baseUrl: gateway } },
};

export const client = new GoogleGenAI({ apiKey: key, ...services[process.env.PROVIDER ?? "gemini"] });

export function describe(error) {
  if (error instanceof ApiError) return { type: "ApiError", status: error.status, message: error.message };
  // What this client says when a stream breaks off, and what fetch says to an abort.
  const known = error.name === "AbortError" || ["Incomplete JSON segment at the end", "terminated"].includes(error.message);
  return known ? { type: error.name, message: error.message } : undefined;
}

export function usageOf(usage) {
  return {
    prompt: usage.promptTokenCount,
    completion: usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0),
    thoughts: usage.thoughtsTokenCount,
    total: usage.totalTokenCount,
  };
}

export function thoughtsOf(answer) {
  const parts = answer.candidates?.[0]?.content?.parts ?? [];
  return parts.filter((part) => part.thought).map((part) => part.text).join("");
}
