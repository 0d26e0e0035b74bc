/** When a server is ready to take over, and which observations that judgement rests on. */

import type { Intent } from "../intent.ts";
import { MIN_READY, MIN_READY_SECONDS } from "../keys.ts";
import { annotation, type Service } from "../kube/objects.ts";
import { hasSelector } from "../selector.ts";
import { contribution, ourCopies, trackedSlices } from "./contribution.ts";
import type { ClusterView, Snapshot } from "./snapshot.ts";
import { countReady, isSubset, readySet } from "./usable.ts";

/** A number of endpoints, or a percentage of what served before. */
export type MinReady = { count: number } | { percent: number };

/** `3` or `50%`; undefined if it is neither, or below 1. */
export function parseMinReady(text: string | undefined): MinReady | undefined {
  const match = /^(\d{1,6})(%?)$/.exec(text?.trim() ?? "");
  if (!match) return undefined;
  const value = Number(match[1]);
  if (value < 1 || (match[2] && value > 100)) return undefined;
  return match[2] ? { percent: value } : { count: value };
}

/** True if min-ready of this Service is a percentage: then what serves must be counted when a move is declared. */
export function countsShare(service: Service): boolean {
  const wanted = parseMinReady(annotation(service, MIN_READY));
  return wanted !== undefined && "percent" in wanted;
}

/** Whole seconds, 0 allowed; undefined if it is none. */
export function parseMinReadySeconds(text: string | undefined): number | undefined {
  return /^\d{1,6}$/.test(text?.trim() ?? "") ? Number(text) : undefined;
}

export interface Threshold {
  count: number;
  seconds: number;
}

/**
 * How many endpoints must have been ready for how long before `intent`'s server takes over. Annotations on the server's
 * Service count first, then those on the declarer's. Defaults 1 and 10. A percentage is of what served when the intent was declared; of what serves
 * now, where nobody could count then.
 */
export function threshold(snapshot: Snapshot, intent: Intent): Threshold {
  const views = [intent.at, intent.from].map((name) => (name === undefined ? undefined : snapshot.clusters.get(name)));
  const read = (key: string) => views.map((view) => view?.service && annotation(view.service, key)).find(Boolean);
  const wanted = parseMinReady(read(MIN_READY)) ?? { count: 1 };
  const seconds = parseMinReadySeconds(read(MIN_READY_SECONDS)) ?? 10;
  if ("count" in wanted) return { count: wanted.count, seconds };
  const before = intent.served ?? servesNow(snapshot, intent);
  return { count: Math.max(1, Math.ceil((before * wanted.percent) / 100)), seconds };
}

function servesNow(snapshot: Snapshot, intent: Intent): number {
  const counts = [...snapshot.clusters.values()]
    .filter((view) => view.name !== intent.at)
    .map((view) => (view.service ? countReady(contribution(view).slices, view.service) : 0));
  return Math.max(0, ...counts);
}

/** The server's native slices, see `trackedSlices`: what counts as "the server is ready"; empty while it has no selector. */
export function serverSlices(server: ClusterView | undefined) {
  return server?.service && hasSelector(server.service) ? trackedSlices(server) : [];
}

/** Name of the fact "the server of this intent has enough ready endpoints". A new threshold or intent starts anew. */
function readyFact(intent: Intent, count: number): string {
  return `ready/${intent.at}/${intent.time}/${count}`;
}

/**
 * The facts true in this snapshot. The caller remembers since when each has been observed without a break and hands that
 * back as `snapshot.since`.
 */
export function observeFacts(snapshot: Snapshot, intent: Intent | undefined): string[] {
  if (intent?.mode !== "source") return [];
  const server = snapshot.clusters.get(intent.at);
  const { count } = threshold(snapshot, intent);
  if (!server?.listed || !server.service) return [];
  return countReady(serverSlices(server), server.service) >= count ? [readyFact(intent, count)] : [];
}

/** What was observed without a break, less what is not true now. */
export function stillTrue(since: ReadonlyMap<string, number>, facts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...since].filter(([fact]) => facts.includes(fact)));
}

export type Readiness = { ready: true } | { ready: false; because: string; recheckMs?: number };

/** Whether the server has had enough ready endpoints for long enough, as observed from here. */
export function serverReadiness(snapshot: Snapshot, intent: Intent): Readiness {
  const server = snapshot.clusters.get(intent.at);
  if (!server?.listed || !server.service) return { ready: false, because: `${intent.at} cannot be read` };
  const { count, seconds } = threshold(snapshot, intent);
  const found = countReady(serverSlices(server), server.service);
  if (found < count) return { ready: false, because: `${intent.at} has ${found} of ${count} ready endpoints` };
  const since = snapshot.since.get(readyFact(intent, count)) ?? snapshot.now;
  const left = since + seconds * 1000 - snapshot.now;
  if (left <= 0) return { ready: true };
  const because = `${intent.at} has ${found} ready endpoints, for less than ${seconds} s`;
  return { ready: false, because, recheckMs: left };
}

/** True if `view` holds a ready copy of every endpoint the server has ready. */
export function holdsServerCopies(view: ClusterView, server: ClusterView | undefined): boolean {
  const { service } = view;
  if (!service || !server) return false;
  const ready = readySet(serverSlices(server), service);
  return ready.size > 0 && isSubset(ready, readySet(ourCopies(view, server.name), service));
}

/**
 * Whether `view` no longer needs anyone's endpoints but the server's: the server has been ready long enough and, unless
 * `view` is the server, its copies of the server are ready.
 */
export function takeover(snapshot: Snapshot, view: ClusterView, intent: Intent): Readiness {
  const readiness = serverReadiness(snapshot, intent);
  if (!readiness.ready || view.name === intent.at) return readiness;
  if (holdsServerCopies(view, snapshot.clusters.get(intent.at))) return { ready: true };
  return { ready: false, because: `${view.name} does not hold ready copies of ${intent.at} yet` };
}
