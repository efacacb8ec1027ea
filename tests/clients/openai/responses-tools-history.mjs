import { scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { converse, fromHistory } from "./responses-conversation.mjs";

await scenario(describe, (report) => converse(report, fromHistory()));
