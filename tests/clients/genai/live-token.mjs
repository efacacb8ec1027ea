import { GoogleGenAI, Modality } from "@google/genai";
import { gateway, key, model, scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";

// A server has a token made; a browser opens a session with nothing but that.
await scenario(describe, async (report) => {
  const httpOptions = { baseUrl: gateway, apiVersion: "v1alpha" };
  const server = new GoogleGenAI({ apiKey: key, httpOptions });
  const token = await server.authTokens.create({
    config: { uses: 1, liveConnectConstraints: { model, config: { responseModalities: [Modality.AUDIO] } }, httpOptions },
  });
  const browser = new GoogleGenAI({ apiKey: token.name, httpOptions });
  let opened;
  report.text = await new Promise((resolve, reject) => {
    let text = "";
    browser.live
      .connect({
        model,
        config: { responseModalities: [Modality.AUDIO] },
        callbacks: {
          onmessage: (message) => {
            text += message.serverContent?.outputTranscription?.text ?? "";
            if (message.serverContent?.turnComplete) resolve(text);
          },
          onclose: (event) => reject(new Error(`closed with ${event.code}: ${event.reason}`)),
          onerror: reject,
        },
      })
      .then((session) => {
        opened = session;
        session.sendRealtimeInput({ text: "Hello" });
      }, reject);
  });
  opened.close();
});
