import { scenario } from "../shared/scenario.mjs";
import { describe } from "./client.mjs";
import { converse, stream } from "./conversation.mjs";

await scenario(describe, (report) => converse(report, stream));
