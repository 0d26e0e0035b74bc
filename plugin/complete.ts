/** Entry of `kubectl_complete-syndicate`: kubectl (1.26 and later) calls it with the words typed so far. */
import { writeCandidates } from "./completion/answer.ts";

process.stdout.write(await writeCandidates(process.argv.slice(2), process.env));
