/**
 * Leader election on a Lease, as client-go does it: a holder is judged dead by how long its Lease has not changed under our
 * own clock, never by comparing the times written in it with ours. It does not fence on the server: writes carry preconditions.
 */
import { LEASE } from "../shared/keys.ts";
import { classifyError } from "../shared/kube/api-error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { type Clock, microTime, sleep } from "../shared/kube/clock.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import type { KubeObject } from "../shared/kube/objects.ts";
import { leases } from "../shared/kube/resources.ts";

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number;
  };
}

/** Defaults of controller-runtime: a leader that cannot renew stops 5 s before another may take over. */
const DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** For each of the two calls of a renewal. */
const CALL = { deadlineMs: RENEW_DEADLINE_MS / 2 };

export interface ElectionOptions {
  client: KubeClient;
  /** Our namespace. */
  namespace: string;
  /** Name of this candidate, the Pod's: a container restarted in its Pod goes on at once with the Lease it held. */
  instance: string;
  clock: Clock;
  /** Called when this process becomes leader, and when it stops being it. */
  onLeading(leading: boolean): void;
  onError(error: unknown): void;
}

/** What the Lease looked like when it last changed, and when that was by our clock. */
interface Observed {
  version: string | undefined;
  at: number;
}

/** Takes part in the election until stopped. */
export class Election {
  readonly #options: ElectionOptions;
  readonly #stopped = new AbortController();
  #observed: Observed | undefined;
  /** What was last told. */
  #leading = false;
  /** When the last renewal that succeeded was asked for. */
  #renewedAt = 0;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /**
   * True while the Lease is surely ours. The clock alone ends it: a process that slept or cannot renew has stopped to lead before
   * anybody tells it.
   */
  get leading(): boolean {
    return this.#leading && this.#isFresh();
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** Stops, and gives a held Lease back so that the next one need not wait for it to run out. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#finished;
    if (!this.#leading) return;
    this.#lead(false);
    await this.#release().catch((error: unknown) => this.#options.onError(error));
  }

  async #run(): Promise<void> {
    const { clock, onError } = this.#options;
    while (!this.#stopped.signal.aborted) {
      const askedAt = clock.now();
      try {
        const held = await this.#tryAcquire();
        // A gap in leading is told even if it is over: what was not done meanwhile has to be looked at.
        if (!this.leading) this.#lead(false);
        if (held) this.#renewedAt = askedAt;
        this.#lead(held && this.#isFresh());
      } catch (error) {
        onError(error);
        if (!this.leading) this.#lead(false);
      }
      await sleep(clock, RETRY_MS, this.#stopped.signal);
    }
  }

  #isFresh(): boolean {
    return this.#options.clock.now() - this.#renewedAt <= RENEW_DEADLINE_MS;
  }

  /** True if the Lease is ours now. A conflict means somebody else was faster. */
  async #tryAcquire(): Promise<boolean> {
    const { client, namespace } = this.#options;
    const path = leases.one(namespace, LEASE);
    const existing = await getIfExists<Lease>(client, path, CALL);
    this.#observe(existing);
    if (existing && !this.#mayTake(existing)) return false;
    try {
      const desired = this.#claim(existing);
      const stored = existing
        ? await client.replace<Lease>(path, desired, CALL)
        : await client.create<Lease>(leases.in(namespace), desired, CALL);
      this.#observe(stored);
      return true;
    } catch (error) {
      const kind = classifyError(error);
      if (kind === "conflict" || kind === "alreadyExists") return false;
      throw error;
    }
  }

  #observe(lease: Lease | undefined): void {
    const version = lease?.metadata.resourceVersion;
    if (this.#observed?.version !== version) this.#observed = { version, at: this.#options.clock.now() };
  }

  #mayTake({ spec }: Lease): boolean {
    if (!spec?.holderIdentity || spec.holderIdentity === this.#options.instance) return true;
    const duration = (spec.leaseDurationSeconds ?? DURATION_MS / 1000) * 1000;
    return this.#options.clock.now() - (this.#observed?.at ?? 0) > duration;
  }

  #claim(existing: Lease | undefined): Lease {
    const { namespace } = this.#options;
    const now = microTime(Date.now());
    const ours = existing?.spec?.holderIdentity === this.#options.instance;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: existing?.metadata ?? { name: LEASE, namespace },
      spec: {
        holderIdentity: this.#options.instance,
        leaseDurationSeconds: DURATION_MS / 1000,
        acquireTime: (ours ? existing?.spec?.acquireTime : undefined) ?? now,
        renewTime: now,
        leaseTransitions: (existing?.spec?.leaseTransitions ?? 0) + (existing && !ours ? 1 : 0),
      },
    };
  }

  async #release(): Promise<void> {
    const { client, namespace } = this.#options;
    const path = leases.one(namespace, LEASE);
    const existing = await getIfExists<Lease>(client, path, CALL);
    if (existing?.spec?.holderIdentity !== this.#options.instance) return;
    const spec = { ...existing.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(Date.now()) };
    await client.replace(path, { ...existing, spec }, CALL);
  }

  #lead(leading: boolean): void {
    if (leading === this.#leading) return;
    this.#leading = leading;
    this.#options.onLeading(leading);
  }
}
