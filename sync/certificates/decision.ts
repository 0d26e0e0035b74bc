/**
 * Which certificate work is due. The order loses no handshake: a new authority is published beside the old one, API
 * servers get time to see it, only then is the leaf swapped, and the old authority goes when every replica has the leaf.
 */
import type { Authority, Leaf } from "./facts.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const AUTHORITY_LIFE = 365 * DAY;
export const LEAF_LIFE = 30 * DAY;
/** Certificates begin this much before they are made: clocks of API servers may be behind ours. */
export const BACKDATED = 60 * MINUTE;
/** From "both configurations carry the authority" to the first use of it; API servers see a change within seconds. */
export const SETTLE = 2 * MINUTE;
/** From a leaf of the new authority to the removal of the old one; every replica fetches the leaf within a minute. */
export const RETIRE_AFTER = 60 * MINUTE;

/** Everything the decision depends on. Fields are missing where the thing is absent or unusable. */
export interface CertificateState {
  /** From the Secret: signs the leaf. */
  current?: Authority;
  /** From the Secret: made and published, does not sign yet. */
  next?: Authority;
  /** From the Secret: signed the leaf before this one. */
  previous?: Authority;
  /** From the Secret. */
  leaf?: Leaf;
  /** From the folder shared with the webhook. */
  served?: Leaf;
  /** The bundle of each existing webhook configuration. */
  published: Authority[][];
  /** Authority fingerprint → since when every configuration was seen to carry it. */
  trustedSince: ReadonlyMap<string, number>;
}

/** One piece of work; those that change the Secret come last and alone, the state is read again after them. */
export type CertificateStep =
  | { do: "publish"; bundle: Authority[]; because: string }
  | { do: "serve"; because: string }
  | { do: "found"; previous?: Authority; because: string }
  | { do: "prepare"; because: string }
  | { do: "promote"; because: string }
  | { do: "issue"; because: string }
  | { do: "retire"; because: string };

interface Span {
  notBefore: number;
  notAfter: number;
}

function isValid<T extends Span>(span: T | undefined, now: number): span is T {
  return span !== undefined && span.notBefore <= now && now < span.notAfter;
}

function isAged(span: Span, now: number): boolean {
  return now >= span.notBefore + ((span.notAfter - span.notBefore) * 2) / 3;
}

function isTrusted(authority: Authority, state: CertificateState, now: number): boolean {
  const since = state.trustedSince.get(authority.fingerprint);
  return since !== undefined && now - since >= SETTLE;
}

function issuerOf(leaf: Leaf | undefined, authorities: readonly Authority[]): Authority | undefined {
  return authorities.find((authority) => leaf?.issuers.includes(authority.fingerprint));
}

function findLeafFlaw(state: CertificateState, now: number): string | undefined {
  const { current, leaf } = state;
  if (!isValid(leaf, now)) return "no valid leaf";
  if (current && !leaf.issuers.includes(current.fingerprint)) return "the leaf is of another authority";
  if (leaf.missing.length > 0) return `the leaf does not name ${leaf.missing.join(", ")}`;
  return isAged(leaf, now) ? "two thirds of the leaf's life are over" : undefined;
}

type Rule = (state: CertificateState, now: number) => CertificateStep | "wait" | undefined;

const found: Rule = (state, now) => {
  const { current, leaf } = state;
  const serves = isValid(leaf, now) && current !== undefined && leaf.issuers.includes(current.fingerprint);
  if (isValid(current, now) && (serves || current.canSign)) return undefined;
  const because = current ? "the authority is expired, or its key and the leaf are lost" : "there is no authority";
  // Replicas go on serving leaves of the published authority until they fetch the new one.
  const known = [...state.published.flat(), ...(current ? [current] : [])];
  // A replica that serves nothing yet cannot know what the others serve: whatever is published may be theirs.
  const old = state.served ? issuerOf(state.served, known) : known.find((authority) => isValid(authority, now));
  return isValid(old, now) ? { do: "found", previous: old, because } : { do: "found", because };
};

const issue: Rule = (state, now) => {
  const flaw = findLeafFlaw(state, now);
  return flaw && state.current?.canSign ? { do: "issue", because: flaw } : undefined;
};

const rotate: Rule = (state, now) => {
  const { current, next } = state;
  if (!current || (current.canSign && !isAged(current, now))) return undefined;
  if (isValid(next, now) && next.canSign) {
    return isTrusted(next, state, now) ? { do: "promote", because: "the next authority is published" } : "wait";
  }
  const because = current.canSign ? "two thirds of the authority's life are over" : "the authority's key is lost";
  return { do: "prepare", because };
};

const retire: Rule = ({ previous, leaf }, now) => {
  if (!previous) return undefined;
  if (!isValid(previous, now)) return { do: "retire", because: "the previous authority is expired" };
  const age = leaf ? now - leaf.notBefore - BACKDATED : 0;
  return age >= RETIRE_AFTER ? { do: "retire", because: "every replica has a leaf of the new authority" } : undefined;
};

function decideSecret(state: CertificateState, now: number): CertificateStep | undefined {
  for (const rule of [found, issue, rotate, retire]) {
    const verdict = rule(state, now);
    if (verdict) return verdict === "wait" ? undefined : verdict;
  }
  return undefined;
}

function desireBundle(state: CertificateState, now: number): Authority[] {
  const wanted = [state.current, state.next, state.previous, issuerOf(state.served, state.published.flat())];
  const valid = wanted.filter((authority) => isValid(authority, now));
  return [...new Map(valid.map((authority) => [authority.fingerprint, authority])).values()];
}

function isPublished(bundle: readonly Authority[], state: CertificateState): boolean {
  const wanted = new Set(bundle.map((authority) => authority.fingerprint));
  return state.published.every(
    (list) => list.length === wanted.size && list.every((authority) => wanted.has(authority.fingerprint)),
  );
}

function decideServing(state: CertificateState, now: number): CertificateStep | undefined {
  const { current, leaf, served } = state;
  if (!current || !isValid(leaf, now) || !leaf.issuers.includes(current.fingerprint)) return undefined;
  if (served?.fingerprint === leaf.fingerprint) return undefined;
  const kept = isValid(served, now) && issuerOf(served, state.published.flat()) !== undefined;
  if (!kept) return { do: "serve", because: "the webhook has no certificate the API server trusts" };
  return isTrusted(current, state, now) ? { do: "serve", because: "a newer leaf is in the Secret" } : undefined;
}

/** The steps that are due now, in order; empty when all is well or only time has to pass. */
export function decideCertificates(state: CertificateState, now: number): CertificateStep[] {
  const steps: CertificateStep[] = [];
  const bundle = desireBundle(state, now);
  if (bundle.length > 0 && !isPublished(bundle, state)) {
    steps.push({ do: "publish", bundle, because: "a webhook configuration carries other authorities" });
  }
  const serving = decideServing(state, now);
  if (serving) steps.push(serving);
  const change = decideSecret(state, now);
  if (change) steps.push(change);
  return steps;
}

/** Since when each authority has been seen in every configuration: what was known goes on, what is new starts now. */
export function observeTrust(
  before: ReadonlyMap<string, number>,
  known: readonly (Authority | undefined)[],
  published: readonly Authority[][],
  now: number,
): Map<string, number> {
  const after = new Map<string, number>();
  for (const authority of known) {
    const print = authority?.fingerprint;
    if (print === undefined || !published.every((list) => list.some((one) => one.fingerprint === print))) continue;
    after.set(print, before.get(print) ?? now);
  }
  return after;
}
