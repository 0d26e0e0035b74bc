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

/**
 * A move that was found, with the sessions of `from`, `to`, then all other clusters that take part. To be aborted, it may have
 * lost one of its two; `lost` is that cluster, and why it is not to be had.
 */
export interface Recalled {
  note: Migration;
  sessions: Session[];
  lost?: string;
}

/**
 * Throws `CliError`, code 4, if there is no such note, the verb does not fit it, or one of its clusters is not to be had: only an
 * abort does with the other, or a cluster that died would lock its Services for good.
 */
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
  if (verb === "abort" && !isOpen(note)) throw refuseOver(note, key, "there is nothing to abort");
  // Two contexts of one cluster are one cluster.
  const known = [...new Map(candidates.map((one) => [one.uid, one])).values()];
  const [from, to] = [findPlace(note.from, known), findPlace(note.to, known)];
  if (!from || !to) {
    const [there, lost] = from ? [from, note.to] : [to, note.from];
    const why = explainLost(lost, known, unheard);
    if (verb === "abort" && there) return { note, sessions: [there], lost: why };
    const giveUp = `kubectl syndicate migrate abort ${key.name} -n ${key.namespace}`;
    throw refusal(why, `kubectl config get-contexts; if ${lost.name} is gone for good: ${giveUp}`);
  }
  const taken = [note.from.uid, note.to.uid];
  const named = [note.from.name, note.to.name];
  const peers = new Set([from, to].flatMap(({ identity }) => identity?.peers ?? []));
  const others = known.filter(
    ({ uid, session: { status } }) => !taken.includes(uid) && !named.includes(status.name) && peers.has(status.name),
  );
  return { note, sessions: [from, to, ...others.map(({ session }) => session)] };
}

/** The refusal of a verb that does not fit a move that is over. */
export function refuseOver({ id, from, to, phase }: Migration, { namespace, name }: ServiceKey, why: string): CliError {
  const over = `the move ${id} of ${namespace}/${name} from ${from.name} to ${to.name} is ${phase}`;
  return refusal(`${over}: ${why}`, `kubectl syndicate status ${name} -n ${namespace}`);
}

function findPlace({ name, uid }: Place, known: readonly Candidate[]): Session | undefined {
  const found = known.find((one) => one.uid === uid)?.session;
  if (!found) return undefined;
  const { status, identity } = found;
  // The uid proves who it is; who may not read the identity is told the name by the note.
  if (!identity) return { ...found, status: { ...status, name } };
  if (identity.clusterName === name) return found;
  throw refusal(`the cluster ${uid} was called ${name} when the move began, and is ${identity.clusterName} now`);
}

function explainLost({ name, uid }: Place, known: readonly Candidate[], unheard: readonly string[]): string {
  const namesake = known.find(({ session }) => session.status.name === name);
  const looked = known.map(({ session, uid: other }) => `${session.status.context} (${other})`).join(", ");
  const why = namesake
    ? `context ${namesake.session.status.context} leads to another cluster of that name, ${namesake.uid}`
    : `looked at: ${looked}`;
  return [`no context leads to ${name}, cluster ${uid}`, why, ...unheard].join("; ");
}

function refusal(text: string, next?: string): CliError {
  const options = { code: EXIT.refused, ...(next === undefined ? {} : { next }) };
  return new CliError(`refused, nothing was written: ${text}`, options);
}
