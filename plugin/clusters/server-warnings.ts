/** Warnings of API servers, as far as they concern the person at the terminal. */
import { CliError } from "../exit.ts";

/**
 * Endpoints are deprecated since Kubernetes 1.33 (KEP-4974). We read them beside the EndpointSlices for those who still do;
 * nobody who asks for a status has chosen that or could change it.
 */
const OUR_OWN_READS = /^v1 Endpoints is deprecated\b/;

/**
 * What to do with a server's warning: each text once to `write`, as kubectl does, but for those about our own reads.
 * With `asErrors` the first one is thrown as a CliError.
 */
export function createWarningSink(write: (line: string) => void, asErrors: boolean): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (OUR_OWN_READS.test(text)) return;
    if (asErrors) throw new CliError(`the server warns, and --warnings-as-errors is set: ${text}`);
    if (!told.has(text)) write(`Warning: ${text}\n`);
    told.add(text);
  };
}
