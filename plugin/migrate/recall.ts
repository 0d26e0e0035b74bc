/** Finds a move by its note, and the contexts that lead to its clusters: by their uids, whatever they are called here. Pure. */
import { isOpen, latestMigration, type Migration, type Place } from "../../shared/migration.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Session } from "../clusters/session.ts";
import { CliError, EXIT } from "../exit.ts";

/** A context that answered, with the cluster it leads to. */
export interface Candidate {
  session: Session;
  uid: string;
  /** The note on the Service there. */
  note: Migration | undefined;
}

/** A move that was found, with the sessions of `from`, `to`, then all other clusters that take part. */
export interface Recalled {
  note: Migration;
  sessions: Session[];
}

/** Throws `CliError`, code 4, if there is no such note, the verb does not fit it, or one of its clusters is not to be had. */
export function recallMove(
  verb: "resume" | "rollback" | "abort",
  key: ServiceKey,
  candidates: readonly Candidate[],
  silent: readonly Session[],
): Recalled {
  const unheard = silent.map(({ status }) => `no answer from context ${status.context}: ${status.problem}`);
  const note = latestMigration(candidates.map((one) => one.note));
  if (candidates.length === 0) {
    throw refusal(`no cluster answered; ${unheard.join("; ")}`, "kubectl config get-contexts");
  }
  if (!note) {
    const looked = candidates.map(({ session }) => session.status.context).join(", ");
    const text = `no move of ${key.namespace}/${key.name} is noted in ${looked}`;
    const begin = `kubectl syndicate migrate ${key.name} -n ${key.namespace} --from CONTEXT --to CONTEXT begins one`;
    throw refusal([text, ...unheard].join("; "), begin);
  }
  checkFits(verb, note, key);
  // Two contexts of one cluster are one cluster.
  const known = [...new Map(candidates.map((one) => [one.uid, one])).values()];
  const [from, to] = [findPlace(note.from, known, unheard), findPlace(note.to, known, unheard)];
  const taken = [note.from.uid, note.to.uid];
  const named = [note.from.name, note.to.name];
  const peers = new Set([from, to].flatMap(({ identity }) => identity?.peers ?? []));
  const others = known.filter(
    ({ uid, session: { status } }) => !taken.includes(uid) && !named.includes(status.name) && peers.has(status.name),
  );
  return { note, sessions: [from, to, ...others.map(({ session }) => session)] };
}

function checkFits(verb: string, { id, from, to, phase }: Migration, { namespace, name }: ServiceKey): void {
  const over = `the move ${id} of ${namespace}/${name} from ${from.name} to ${to.name} is ${phase}`;
  const status = `kubectl syndicate status ${name} -n ${namespace}`;
  if (verb === "resume" && phase === "done") throw refusal(`${over}: nothing is left to do`, status);
  if (verb === "abort" && !isOpen({ phase })) throw refusal(`${over}: there is nothing to abort`, status);
}

function findPlace({ name, uid }: Place, known: readonly Candidate[], unheard: readonly string[]): Session {
  const found = known.find((one) => one.uid === uid)?.session;
  if (found) {
    const { status, identity } = found;
    // The uid proves who it is; who may not read the identity is told the name by the note.
    if (!identity) return { ...found, status: { ...status, name } };
    if (identity.clusterName === name) return found;
    throw refusal(`the cluster ${uid} was called ${name} when the move began, and is ${identity.clusterName} now`);
  }
  const namesake = known.find(({ session }) => session.status.name === name);
  const looked = known.map(({ session, uid: other }) => `${session.status.context} (${other})`).join(", ");
  const why = namesake
    ? `context ${namesake.session.status.context} leads to another cluster of that name, ${namesake.uid}`
    : `looked at: ${looked}`;
  const text = [`no context leads to ${name}, cluster ${uid}`, why, ...unheard].join("; ");
  throw refusal(text, "kubectl config get-contexts");
}

function refusal(text: string, next?: string): CliError {
  const options = { code: EXIT.refused, ...(next === undefined ? {} : { next }) };
  return new CliError(`refused, nothing was written: ${text}`, options);
}
