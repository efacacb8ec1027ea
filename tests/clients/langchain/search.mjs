import { greeting } from "../shared/conversation.mjs";
import { scenario } from "../shared/scenario.mjs";
import { chat, describe } from "./client.mjs";

await scenario(describe, async (report) => {
  const answer = await chat({ __includeRawResponse: true }).invoke(greeting);
  report.text = answer.content;
  report.object = answer.additional_kwargs.__raw_response.choices[0].message.annotations.map((annotation) => annotation.url_citation.url);
});
