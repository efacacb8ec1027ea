import { toFile } from "openai";
import { pixel } from "../shared/conversation.mjs";
import { model, scenario } from "../shared/scenario.mjs";
import { client, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const picture = () => toFile(Buffer.from(pixel, "base64"), "picture.png", { type: "image/png" });
  const one = await client.images.edit({ model, image: await picture(), mask: await picture(), prompt: "a hat", response_format: "b64_json" });
  const two = await client.images.edit({ model, image: [await picture(), await picture()], prompt: "a hat", response_format: "b64_json" });
  report.models = [one.data[0].b64_json, two.data[0].b64_json];
});
