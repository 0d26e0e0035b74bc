/** Entry of `kubectl_complete-syndicate`: kubectl (1.26 and later) calls it with the words typed so far. */
import { listCandidates } from "./completion/candidates.ts";
import { listContexts } from "./completion/contexts.ts";

const candidates = listCandidates(process.argv.slice(2), () => listContexts(process.env));
// The last line is cobra's directive: 4 means "offer no file names".
process.stdout.write(`${[...candidates, ":4"].join("\n")}\n`);
