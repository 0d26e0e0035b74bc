/**
 * The migration as one pure function: from how the clusters stand to the next action. It remembers nothing, so a second run,
 * from wherever, goes on where the first one stopped.
 */
import { type Intent, impliedMode, sameIntent } from "../../shared/intent.ts";
import { ADOPT, MIN_READY, MODE, SELECTOR, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { parseAdopt } from "../../shared/protocol/declaration.ts";
import { intentOf, isVoid, latestVisible, takesPart } from "../../shared/protocol/roles.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import { formatSelector } from "../../shared/selector.ts";
import type { Verdict } from "../judge.ts";
import { seenFrom } from "../perspective.ts";
import { findLeftovers } from "./leftovers.ts";
import type { Move, StepName } from "./move.ts";
import type { Situation, Wait } from "./situation.ts";

/** Annotations to set. */
export type Annotations = Readonly<Record<string, string>>;

export type Next =
  | { kind: "write"; step: StepName; cluster: string; service: Service; annotations: Annotations }
  | { kind: "wait"; step: StepName; waits: readonly Wait[] }
  /** Everything is as it shall be. As long as `fingerprint` stays, no slice has changed. */
  | { kind: "arrived"; fingerprint: string };

/** The next action of a move. */
export function decideNext(move: Move, situation: Situation): Next {
  const stage = findStage(move, situation);
  const unread = [...situation.views.values()].filter(({ listed }) => !listed);
  if (unread.length)
    return wait(
      stage,
      unread.map(({ name }) => ({ cluster: name, message: "cannot be read now" })),
    );
  switch (stage) {
    case "declare":
      return begin(move, situation);
    case "unite":
      return unite(move, situation);
    default:
      return drain(move, situation);
  }
}

/** Where the move stands, told from intents and from modes nobody has stamped yet. */
export function findStage(move: Move, { views }: Pick<Situation, "views">): "declare" | "unite" | "drain" {
  const [from, to] = [views.get(move.from), views.get(move.to)];
  const latest = latestIn(views, move);
  const valid = latest && !isVoid(seenFrom(move.from, move.key, views), latest) ? latest : undefined;
  if (pendingMode(to) === "source") return "drain";
  if (valid?.mode === "source" && valid.at === move.to) return "drain";
  if (move.strategy === "cutover") return pendingMode(from) === "receiver" ? "drain" : "declare";
  if (pendingMode(from) === "union") return "unite";
  const united = valid?.mode === "union" && from && to && takesPart(from, valid) && takesPart(to, valid);
  return united ? "unite" : "declare";
}

/** First `to` learns what it needs, then `from` gives the word: a take-over must never start without the former. */
function begin(move: Move, { views }: Situation): Next {
  const [from, to] = [views.get(move.from)?.service, views.get(move.to)?.service];
  if (!from || !to) {
    const cluster = from ? move.to : move.from;
    return wait("declare", [{ cluster, message: "has no such Service" }]);
  }
  const missing = missingFrom(to, preparation(move));
  if (missing) return { kind: "write", step: "prepare", cluster: move.to, service: to, annotations: missing };
  return { kind: "write", step: "declare", cluster: move.from, service: from, annotations: declaration(move, from) };
}

function unite(move: Move, situation: Situation): Next {
  const waits = waitsOf(move, situation);
  const service = situation.views.get(move.to)?.service;
  if (waits.length > 0 || !service) return wait("unite", waits);
  const annotations = { [MODE]: "source", ...preparation(move) };
  return { kind: "write", step: "source", cluster: move.to, service, annotations };
}

function drain(move: Move, situation: Situation): Next {
  const to = situation.views.get(move.to)?.service;
  // Who sees that it waits for more pods than there will be may lower the number and go on. Absent means 1.
  if (to && (annotation(to, MIN_READY) ?? "1") !== move.minReady) {
    return {
      kind: "write",
      step: "prepare",
      cluster: move.to,
      service: to,
      annotations: { [MIN_READY]: move.minReady },
    };
  }
  const waits = waitsOf(move, situation);
  if (waits.length > 0) return wait("drain", waits);
  const leftovers = findLeftovers(move.to, situation.views);
  if (leftovers.length > 0) return wait("drain", leftovers);
  return { kind: "arrived", fingerprint: fingerprint(situation.views) };
}

/** The annotations `to` needs before it takes over. */
export function preparation(move: Move): Annotations {
  return {
    [MIN_READY]: move.minReady,
    ...(move.selector === undefined ? {} : { [SELECTOR]: formatSelector(move.selector) }),
  };
}

/** The annotations that start the move, all in one patch: the stamp reads them together. */
export function declaration(move: Move, from: Service): Annotations {
  const adopted = [...new Set([...parseAdopt(annotation(from, ADOPT)), move.to])].join(",");
  return {
    [MODE]: move.strategy === "union" ? "union" : "receiver",
    ...(move.strategy === "cutover" ? { [SUCCESSOR]: move.to } : {}),
    ...(move.adopt ? { [ADOPT]: adopted } : {}),
  };
}

function missingFrom(service: Service, wanted: Annotations): Annotations | undefined {
  const missing = Object.entries(wanted).filter(([key, value]) => annotation(service, key) !== value);
  return missing.length ? Object.fromEntries(missing) : undefined;
}

function wait(step: StepName, waits: readonly Wait[]): Next {
  return { kind: "wait", step, waits };
}

/** All that is not at rest yet: declarations nobody stamped, intents not copied, and what each cluster says. */
function waitsOf(move: Move, { views, verdicts }: Situation): Wait[] {
  const latest = latestIn(views, move);
  const waits = [...views.values()].flatMap((view) => unstamped(view) ?? uncopied(view, latest, move) ?? []);
  const busy = verdicts.filter(({ atRest }) => !atRest).flatMap(explain);
  const silent = [move.from, move.to].filter((name) => !verdicts.some(({ cluster }) => cluster === name));
  return [...waits, ...busy, ...silent.map((cluster) => ({ cluster, message: "cannot be judged" }))];
}

function unstamped(view: ClusterView): Wait | undefined {
  const pending = pendingMode(view);
  if (pending === undefined) return undefined;
  return { cluster: view.name, message: `mode ${pending || "removed"} is not taken up by its sync process yet` };
}

function uncopied(view: ClusterView, latest: Intent | undefined, move: Move): Wait | undefined {
  const follows = view.name === move.from || view.name === move.to || (latest && takesPart(view, latest));
  if (!latest || !view.service || !follows || sameIntent(intentOf(view), latest)) return undefined;
  return { cluster: view.name, message: `has not taken over the intent "${latest.mode} at ${latest.at}" yet` };
}

/** The sentences of a verdict that is not at rest. */
export function explain(verdict: Verdict): Wait[] {
  const { cluster, holds, due, condition } = verdict;
  const messages = holds.length ? holds.map(({ message }) => message) : due.map((reason) => `under way: ${reason}`);
  if (messages.length) return [...new Set(messages)].map((message) => ({ cluster, message }));
  return [{ cluster, message: `its sync process still says: ${condition?.message ?? "nothing"}` }];
}

/** The mode of a Service that differs from the one its intent copy implies; empty text if it was removed. */
function pendingMode(view: ClusterView | undefined): string | undefined {
  if (!view?.service) return undefined;
  const mode = annotation(view.service, MODE);
  return mode === impliedMode(intentOf(view), view.name) ? undefined : (mode ?? "");
}

function latestIn(views: ReadonlyMap<string, ClusterView>, move: Move): Intent | undefined {
  return latestVisible(seenFrom(move.from, move.key, views));
}

/** Changes with every change of a slice that kube-proxy reads for this Service. */
function fingerprint(views: ReadonlyMap<string, ClusterView>): string {
  return [...views.values()]
    .flatMap(({ name, slices }) => slices.map(({ metadata }) => `${name}/${metadata.uid}/${metadata.resourceVersion}`))
    .sort()
    .join(" ");
}
