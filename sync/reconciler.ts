/** Reconcile one Service key: gather, decide, apply. Called by the queue, never twice at once for a key. */
import { isDeepStrictEqual } from "node:util";
import type { KubeObject, Service } from "../shared/kube/objects.ts";
import { namespaces } from "../shared/kube/resources.ts";
import type { SyncCondition } from "../shared/protocol/condition.ts";
import { type Notice, type Plan, planService } from "../shared/protocol/plan.ts";
import { observeFacts, stillTrue } from "../shared/protocol/readiness.ts";
import { latestVisible } from "../shared/protocol/roles.ts";
import { formatKey, ownView, type ServiceKey, type Snapshot } from "../shared/protocol/snapshot.ts";
import { endpointsWaitMs } from "../shared/protocol/steps/endpoints.ts";
import type { Write } from "../shared/protocol/write.ts";
import { applyCondition, applyWrite, existingCondition } from "./apply.ts";
import { gatherCached, gatherLive, type Memory, NO_MEMORY, type Sources } from "./gather.ts";
import { trimService } from "./trim.ts";

export interface ReconcilerHooks {
  /** After a write, for log, metrics and Events. */
  onWrite(key: string, write: Write, service: Service | undefined): void;
  /** What is to be told of a Service without condition; undefined: nothing any more. Called after every pass over such a one. */
  onNotice(key: ServiceKey, service: Service | undefined, notice: Notice | undefined): void;
  /** What the condition of a Service says after a pass; `written`: it is new. */
  onCondition(service: Service, condition: SyncCondition, written: boolean): void;
}

/** What became of a pass. */
export interface Outcome {
  /** Something was written: what follows from it is decided by another pass. */
  again: boolean;
  /** Look again after so many milliseconds. */
  recheckMs?: number;
}

export class Reconciler {
  readonly #sources: Sources;
  readonly #hooks: ReconcilerHooks;
  /** Observations by key. A restart observes anew: it waits longer, never shorter. */
  readonly #memories = new Map<string, KeyMemory>();
  /** How many times in a row a cluster did not answer a fresh read, by key. */
  readonly #unanswered = new Map<string, number>();

  constructor(sources: Sources, hooks: ReconcilerHooks) {
    this.#sources = sources;
    this.#hooks = hooks;
  }

  /**
   * What an event shows untrue has ended, even if the next pass finds it true again. Called before that pass, once for each event
   * about the key, after the caches have it. Should that fail, nothing counts as observed.
   */
  observe(id: string): void {
    const memory = this.#memories.get(id);
    if (!memory?.since.size) return;
    const [namespace = "", name = ""] = id.split("/");
    this.#memories.set(id, { ...memory, since: new Map() });
    const snapshot = gatherCached(this.#sources, { namespace, name }, NO_MEMORY);
    const since = stillTrue(memory.since, observeFacts(snapshot, latestVisible(snapshot)));
    this.#memories.set(id, { ...memory, since });
  }

  /** The same for every key: a cluster is not read any more, so nothing about it is observed. */
  observeAll(): void {
    for (const id of this.#memories.keys()) this.observe(id);
  }

  /** One pass. Rejects with what made a write fail; the key is then to be tried again. */
  async reconcile(key: ServiceKey): Promise<Outcome> {
    if (!this.#sources.own.readable) return { again: false };
    const cached = this.#decide(key, gatherCached(this.#sources, key, this.#recall(key)));
    const isLive = cached.plan.writes.some((write) => write.live);
    const { plan, snapshot, unanswered } = isLive ? await this.#decideLive(key, cached) : cached;
    const { service } = ownView(snapshot);
    if (plan.writes.length > 0 && (await this.#retract(plan, service))) return { again: true };
    for (const write of plan.writes) await this.#write(key, write, snapshot);
    const shown = plan.writes.length === 0 ? await this.#show(plan, service) : undefined;
    if (!plan.condition) this.#hooks.onNotice(key, service, plan.notice);
    const made = await this.#makeNamespace(key, plan);
    // What somebody changed before a write of ours comes with its answer; the event that told of it may be taken for an echo.
    const again = plan.writes.length > 0 || (shown !== undefined && !isAlikeButStatus(service, shown)) || made;
    const capped = plan.holds.some((hold) => hold.reason === "TooManyDeletions");
    const waits = [plan.recheckMs, capped ? CAPPED_MS : undefined, this.#waitForAnswer(key, unanswered)];
    const asked = waits.filter((ms) => ms !== undefined);
    return { again, ...(asked.length ? { recheckMs: Math.min(...asked) } : {}) };
  }

  /** The decision from what every cluster says now, right before a critical write. */
  async #decideLive(key: ServiceKey, cached: Decision): Promise<Decision> {
    const { losses: tally, now } = this.#sources;
    const losses = cached.plan.writes.some((write) => write.loss) ? tally.count(now()) : undefined;
    const read = await gatherLive(this.#sources, key);
    // As remembered now: events may have told something while the clusters were read.
    const remembered = this.#recall(key);
    const decided = this.#decide(key, { ...read, ...remembered, ...(losses ? { losses } : {}) });
    if (!isUnanswered(cached, decided)) return decided;
    // Its watches live, so what they showed for so long holds.
    const id = formatKey(key);
    this.#memories.set(id, { ...(this.#memories.get(id) ?? NOTHING_KNOWN), since: remembered.since });
    return { ...decided, unanswered: true };
  }

  /** When to ask again after a cluster did not answer, ever more slowly; undefined: all did, or none was asked. */
  #waitForAnswer(key: ServiceKey, unanswered = false): number | undefined {
    const id = formatKey(key);
    if (!unanswered) {
      this.#unanswered.delete(id);
      return undefined;
    }
    const times = this.#unanswered.get(id) ?? 0;
    this.#unanswered.set(id, times + 1);
    return Math.min(UNANSWERED_MS * 2 ** times, LONGEST_UNANSWERED_MS);
  }

  #recall(key: ServiceKey): Memory {
    const { since, strips, copiesWritten } = this.#memories.get(formatKey(key)) ?? NOTHING_KNOWN;
    const after = this.#sources.now() - STRIPS_COUNT_MS;
    const recent = strips.filter((time) => time > after).length;
    return { since, strips: recent, ...(copiesWritten ? { copiesWritten } : {}) };
  }

  #decide(key: ServiceKey, snapshot: Snapshot): Decision {
    const plan = planService(snapshot);
    const id = formatKey(key);
    const intent = latestVisible(snapshot)?.time;
    const before = this.#memories.get(id) ?? NOTHING_KNOWN;
    const since = new Map(plan.facts.map((fact) => [fact, snapshot.since.get(fact) ?? snapshot.now]));
    const strips = before.intent === intent ? before.strips : [];
    const copiesWritten = endpointsWaitMs(snapshot) > 0 ? before.copiesWritten : undefined;
    if (since.size || strips.length || copiesWritten) this.#memories.set(id, { intent, since, strips, copiesWritten });
    else this.#memories.delete(id);
    return { plan, snapshot };
  }

  /** A replica's namespace is made only where the operator asked for it, and never deleted. True if it was made. */
  async #makeNamespace(key: ServiceKey, plan: Plan): Promise<boolean> {
    const { own, createNamespaces } = this.#sources;
    if (!createNamespaces || !plan.holds.some((hold) => hold.reason === "NamespaceMissing")) return false;
    await own.client.create(namespaces.all, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: key.namespace },
    });
    return true;
  }

  /**
   * Whoever waits for the condition must not see "in sync" from before a step that is about to be taken. True if it was
   * taken back: the Service has a new version then, and the plan must be made anew.
   */
  async #retract(plan: Plan, service: Service | undefined): Promise<boolean> {
    if (plan.condition?.status !== "False" || existingCondition(service)?.status !== "True") return false;
    return (await this.#show(plan, service)) !== undefined;
  }

  /** What was stored; undefined: nothing was to be written. Who takes no part any more must not go on saying what was true. */
  async #show(plan: Plan, service: Service | undefined): Promise<Service | undefined> {
    if (!service || service.metadata.deletionTimestamp) return undefined;
    const { own, overlay, now } = this.#sources;
    const stored = await applyCondition(own.client, service, plan.condition, now());
    if (stored) overlay.written(keyOf(service), "services", stored, now());
    if (plan.condition) this.#hooks.onCondition(service, plan.condition, stored !== undefined);
    return stored;
  }

  #noteStrip(id: string, intent: number | undefined): void {
    const before = this.#memories.get(id) ?? NOTHING_KNOWN;
    this.#memories.set(id, { ...before, intent, strips: [...before.strips.slice(-9), this.#sources.now()] });
  }

  #noteCopy(id: string): void {
    const before = this.#memories.get(id) ?? NOTHING_KNOWN;
    const now = this.#sources.now();
    this.#memories.set(id, { ...before, copiesWritten: { first: before.copiesWritten?.first ?? now, last: now } });
  }

  async #write(key: ServiceKey, write: Write, snapshot: Snapshot): Promise<void> {
    const { own, overlay, losses, now } = this.#sources;
    const id = formatKey(key);
    const stored = await applyWrite(own.client, key, write);
    if (stored) overlay.written(id, write.resource, stored, now());
    else if (write.verb === "delete")
      overlay.deleted(id, write.resource, `${key.namespace}/${write.name}`, write.uid, now());
    if (write.loss) losses.note(id, now());
    if (write.resource === "endpointslices") this.#noteCopy(id);
    if (isStrip(write)) this.#noteStrip(id, latestVisible(snapshot)?.time);
    this.#hooks.onWrite(id, write, serviceOf(stored, write, snapshot));
  }
}

function isStrip(write: Write): boolean {
  if (write.verb !== "patch") return false;
  const spec = write.patch["spec"] as { selector?: unknown } | undefined;
  return spec?.selector === null;
}

/** What is to be done, and what it was decided from. */
interface Decision {
  plan: Plan;
  snapshot: Snapshot;
  /** A cluster that is followed did not answer. */
  unanswered?: boolean;
}

interface KeyMemory {
  /** Time of the intent the strips were made under. */
  intent: number | undefined;
  since: ReadonlyMap<string, number>;
  /** When the selector was stripped, milliseconds since 1970. */
  strips: readonly number[];
  /** See `Snapshot`. */
  copiesWritten: Snapshot["copiesWritten"];
}

const NOTHING_KNOWN: KeyMemory = { intent: undefined, since: new Map(), strips: [], copiesWritten: undefined };

/** A cluster whose watches are alive did not answer when it was read afresh: nothing else tells when it does. One that is barred did. */
function isUnanswered(cached: Decision, decided: Decision): boolean {
  const silent = [...decided.snapshot.clusters.values()].filter(
    ({ listed, barred }) => !listed && barred === undefined,
  );
  return silent.some(({ name }) => cached.snapshot.clusters.get(name)?.listed === true);
}

/** When to ask such a cluster again: first, and at the longest. */
const UNANSWERED_MS = 5_000;
const LONGEST_UNANSWERED_MS = 80_000;

/** True if a Service was, but for its status, what it is after a write of that: nobody else has changed it in between. */
function isAlikeButStatus(before: Service | undefined, after: Service): boolean {
  const [a, b] = [before, after].map((service) => {
    if (!service) return undefined;
    const { spec, metadata } = trimService(service);
    return { spec, metadata: { ...metadata, resourceVersion: "" } };
  });
  return isDeepStrictEqual(a, b);
}

/** When to look again at deletions held back: by then earlier ones may count no more. */
const CAPPED_MS = 60_000;

/** Strips longer ago than this no longer speak of somebody who puts the selector back again and again. */
const STRIPS_COUNT_MS = 10 * 60 * 1000;

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** The Service an Event about this write belongs to. */
function serviceOf(stored: KubeObject | undefined, write: Write, snapshot: Snapshot): Service | undefined {
  const live = ownView(snapshot).service;
  return live ?? (write.resource === "services" ? (stored as Service | undefined) : undefined);
}
