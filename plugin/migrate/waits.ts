/** What has to come by itself before a move goes on, as sentences. Pure. */
import { type Intent, impliedMode, sameIntent } from "../../shared/intent.ts";
import { MODE } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { intentOf, isVoid, latestVisible, takesPart } from "../../shared/protocol/roles.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Verdict } from "../judge.ts";
import { seenFrom } from "../perspective.ts";
import type { StepName } from "./move.ts";
import type { Next, Situation, Wait } from "./situation.ts";

/** The Service that is moved, and the two clusters of the move. */
export interface Pairing {
  key: ServiceKey;
  from: string;
  to: string;
}

type Views = ReadonlyMap<string, ClusterView>;

/** Nothing to do but to wait. */
export function wait(step: StepName, waits: readonly Wait[]): Next {
  return { kind: "wait", step, waits };
}

/** The wait for clusters that could not be read; undefined if all could. */
export function waitForUnread(step: StepName, { views, problems }: Situation): Next | undefined {
  const unread = [...views.values()].filter(({ listed }) => !listed);
  if (unread.length === 0) return undefined;
  return wait(
    step,
    unread.map(({ name }) => {
      const problem = problems?.get(name);
      return { cluster: name, message: problem ? `cannot be read now: ${problem}` : "cannot be read now" };
    }),
  );
}

/** All that is not at rest yet: declarations nobody stamped, intents not copied, and what each cluster says. */
export function waitsOf(pair: Pairing, { views, verdicts }: Situation): Wait[] {
  const latest = latestIn(pair, views);
  const waits = [...views.values()].flatMap((view) => unstamped(view) ?? uncopied(view, latest, pair) ?? []);
  const busy = verdicts.filter(({ atRest }) => !atRest).flatMap(explain);
  const silent = [pair.from, pair.to].filter((name) => !verdicts.some(({ cluster }) => cluster === name));
  return [...waits, ...busy, ...silent.map((cluster) => ({ cluster, message: "cannot be judged" }))];
}

function unstamped(view: ClusterView): Wait | undefined {
  const pending = pendingMode(view);
  if (pending === undefined) return undefined;
  return { cluster: view.name, message: `mode ${pending || "removed"} is not taken up by its sync process yet` };
}

function uncopied(view: ClusterView, latest: Intent | undefined, pair: Pairing): Wait | undefined {
  const follows = view.name === pair.from || view.name === pair.to || (latest && takesPart(view, latest));
  if (!latest || !view.service || !follows || sameIntent(intentOf(view), latest)) return undefined;
  return { cluster: view.name, message: `has not taken over the intent "${latest.mode} at ${latest.at}" yet` };
}

/** The sentences of a verdict that is not at rest. */
export function explain(verdict: Verdict): Wait[] {
  const { cluster, holds, due, condition } = verdict;
  const waits: Wait[] = holds.length
    ? holds.map(({ reason, message }) => ({ cluster, message, reason }))
    : due.map((reason) => ({ cluster, message: `under way: ${reason}` }));
  if (waits.length) return [...new Map(waits.map((one) => [one.message, one])).values()];
  return [{ cluster, message: `its sync process still says: ${condition?.message ?? "nothing"}` }];
}

/** The mode of a Service that differs from the one its intent copy implies; empty text if it was removed. */
export function pendingMode(view: ClusterView | undefined): string | undefined {
  if (!view?.service) return undefined;
  const mode = annotation(view.service, MODE);
  return mode === impliedMode(intentOf(view), view.name) ? undefined : (mode ?? "");
}

/** The declaration in force, void ones included. */
export function latestIn({ key, from }: Pairing, views: Views): Intent | undefined {
  return latestVisible(seenFrom(from, key, views));
}

/** The declaration in force; undefined if there is none, or its server has no such Service. */
export function validIn(pair: Pairing, views: Views): Intent | undefined {
  const latest = latestIn(pair, views);
  return latest && !isVoid(seenFrom(pair.from, pair.key, views), latest) ? latest : undefined;
}

/** Changes with every change of a slice that kube-proxy reads for this Service. */
export function fingerprintOf(views: Views): string {
  return [...views.values()]
    .flatMap(({ name, slices }) => slices.map(({ metadata }) => `${name}/${metadata.uid}/${metadata.resourceVersion}`))
    .sort()
    .join(" ");
}
