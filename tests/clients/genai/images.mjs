// A picture by a model that writes and paints, and a change of it in the same chat. (generateImages is for Vertex AI alone in this client.)
import { scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

const picture = (answer) => answer.candidates[0].content.parts.find((part) => part.inlineData)?.inlineData;

await scenario(describe, async (report) => {
  const chat = client.chats.create({ model: "gemini-3.1-flash-image", config: { responseModalities: ["TEXT", "IMAGE"] } });
  const painted = picture(await chat.sendMessage({ message: "a cat" }));
  const changed = picture(await chat.sendMessage({ message: "now with a hat" }));
  report.text = painted.mimeType;
  report.models = [painted.data, changed.data].map((data) => (data.length > 20 ? "bytes" : "nothing"));
});
