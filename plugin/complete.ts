/** Entry of `kubectl_complete-syndicate`: kubectl (1.26 and later) calls it with the words typed so far. */
import { writeSync } from "node:fs";
import { writeCandidates } from "./completion/answer.ts";

// Without process.stdout, whose making takes a tenth of the start.
void writeCandidates(process.argv.slice(2), process.env).then((answer) => writeSync(1, answer));
