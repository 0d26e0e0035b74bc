/** Reconcile one Service key: gather, decide, apply. Called by the queue, never twice at once for a key. */
import type { KubeObject, Service } from "../shared/kube/objects.ts";
import { type Plan, planService } from "../shared/protocol/plan.ts";
import { formatKey, ownView, type ServiceKey, type Snapshot } from "../shared/protocol/snapshot.ts";
import type { Write } from "../shared/protocol/write.ts";
import { applyCondition, applyWrite, existingCondition } from "./apply.ts";
import { gatherCached, gatherLive, type Sources } from "./gather.ts";

export interface ReconcilerHooks {
  /** After a write, for log, metrics and Events. */
  onWrite(key: string, write: Write, service: Service | undefined): void;
  /** The condition of a Service says something new. */
  onCondition(service: Service, plan: Plan): void;
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
  /** Since when the facts of a key have been observed without a break. A restart observes anew: it waits longer, never shorter. */
  readonly #facts = new Map<string, ReadonlyMap<string, number>>();

  constructor(sources: Sources, hooks: ReconcilerHooks) {
    this.#sources = sources;
    this.#hooks = hooks;
  }

  /** One pass. Rejects with what made a write fail; the key is then to be tried again. */
  async reconcile(key: ServiceKey): Promise<Outcome> {
    if (!this.#sources.own.readable) return { again: false };
    const cached = this.#decide(key, gatherCached(this.#sources, key, this.#since(key)));
    const decided = cached.plan.writes.some((write) => write.live) ? await this.#decideLive(key) : cached;
    const { plan, snapshot } = decided;
    if (plan.writes.length > 0 && (await this.#retract(plan, ownView(snapshot).service))) return { again: true };
    for (const write of plan.writes) await this.#write(key, write, snapshot);
    if (plan.writes.length === 0) await this.#show(plan, ownView(snapshot).service);
    return { again: plan.writes.length > 0, ...(plan.recheckMs === undefined ? {} : { recheckMs: plan.recheckMs }) };
  }

  #since(key: ServiceKey): ReadonlyMap<string, number> {
    return this.#facts.get(formatKey(key)) ?? new Map();
  }

  #decide(key: ServiceKey, snapshot: Snapshot): { plan: Plan; snapshot: Snapshot } {
    const plan = planService(snapshot);
    const since = new Map(plan.facts.map((fact) => [fact, snapshot.since.get(fact) ?? snapshot.now]));
    if (since.size) this.#facts.set(formatKey(key), since);
    else this.#facts.delete(formatKey(key));
    return { plan, snapshot };
  }

  async #decideLive(key: ServiceKey): Promise<{ plan: Plan; snapshot: Snapshot }> {
    return this.#decide(key, await gatherLive(this.#sources, key, this.#since(key)));
  }

  /**
   * Whoever waits for the condition must not see "in sync" from before a step that is about to be taken. True if it was
   * taken back: the Service has a new version then, and the plan must be made anew.
   */
  async #retract(plan: Plan, service: Service | undefined): Promise<boolean> {
    if (plan.condition?.status !== "False" || existingCondition(service)?.status !== "True") return false;
    await this.#show(plan, service);
    return true;
  }

  async #show(plan: Plan, service: Service | undefined): Promise<void> {
    if (!plan.condition || !service) return;
    const { own, overlay, now } = this.#sources;
    const stored = await applyCondition(own.client, service, plan.condition, now());
    if (!stored) return;
    overlay.written(keyOf(service), "services", stored, now());
    this.#hooks.onCondition(service, plan);
  }

  async #write(key: ServiceKey, write: Write, snapshot: Snapshot): Promise<void> {
    const { own, overlay, now } = this.#sources;
    const id = formatKey(key);
    const stored = await applyWrite(own.client, key, write);
    if (stored) overlay.written(id, write.resource, stored, now());
    else if (write.verb === "delete")
      overlay.deleted(id, write.resource, `${key.namespace}/${write.name}`, write.uid, now());
    this.#hooks.onWrite(id, write, serviceOf(stored, write, snapshot));
  }
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** The Service an Event about this write belongs to. */
function serviceOf(stored: KubeObject | undefined, write: Write, snapshot: Snapshot): Service | undefined {
  const live = ownView(snapshot).service;
  return live ?? (write.resource === "services" ? (stored as Service | undefined) : undefined);
}
