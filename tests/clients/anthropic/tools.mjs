import { scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { complete, converse } from "./conversation.mjs";

await scenario(describe, (report) => converse(report, complete));
