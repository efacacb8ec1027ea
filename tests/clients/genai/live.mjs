import { Modality } from "@google/genai";
import { declarations, functions } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

/** One connection: says something, answers calls, and ends with the turn, or, where it is to be resumable, with its handle. */
async function talk(live, text, sessionResumption) {
  const seen = { text: "", calls: [], handle: undefined };
  let session;
  const over = new Promise((resolve, reject) => {
    const onmessage = (message) => {
      for (const call of message.toolCall?.functionCalls ?? []) {
        seen.calls.push(call);
        session.sendToolResponse({
          functionResponses: [{ id: call.id, name: call.name, response: functions[call.name]({ city: "Paris" }) }],
        });
      }
      seen.text += message.serverContent?.outputTranscription?.text ?? "";
      seen.handle = message.sessionResumptionUpdate?.newHandle ?? seen.handle;
      seen.turn ||= message.serverContent?.turnComplete;
      if (seen.turn && (!sessionResumption || seen.handle)) resolve();
    };
    const onclose = (event) => reject(new Error(`closed with ${event.code}: ${event.reason}`));
    session = live.connect({
      model,
      config: {
        responseModalities: [Modality.AUDIO],
        outputAudioTranscription: {},
        sessionResumption,
        tools: [
          {
            functionDeclarations: declarations.map(({ name, description, parameters }) => ({
              name,
              description,
              parametersJsonSchema: parameters,
            })),
          },
        ],
      },
      callbacks: { onmessage, onclose, onerror: reject },
    });
  });
  session = await session;
  session.sendClientContent({ turns: [{ role: "user", parts: [{ text }] }], turnComplete: true });
  await over;
  session.close();
  return seen;
}

await scenario(describe, async (report) => {
  const first = await talk(client.live, "Please call it", {});
  const again = await talk(client.live, "And now?", { handle: first.handle });
  report.steps = [first.calls.map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args ?? {}) }))];
  report.thoughts = first.text;
  report.text = again.text;
});
