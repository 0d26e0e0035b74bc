import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { LEASE } from "../../../shared/keys.ts";
import { leases, namespaces } from "../../../shared/kube/resources.ts";
import type { Lease } from "../../../sync/lease.ts";
import { waitFor } from "../waiting.ts";
import { type FaultAgent, startFaultAgent, systemNamespace } from "./agent.ts";
import type { Operation } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import { History, readCopies, readState, type State } from "./history.ts";
import type { Row } from "./matrix.ts";
import { FaultProxy } from "./proxy.ts";
import type { FaultSide, FaultWorld } from "./world.ts";

/** Within this time of its end a fault must have no more consequences. */
const RECOVERY_SECONDS = 35;

/** Thirty programs start on two cores, beside whatever else runs there. */
const OPENING_SECONDS = 180;

/** What one row has to itself in the shared world: a namespace with a history, and agents behind proxies of their own. */
export class Scene {
  readonly row: Row;
  readonly namespace: string;
  readonly history: History;
  agents: FaultAgent[] = [];
  /** Those of agents that never started, too. */
  readonly #proxies: FaultProxy[] = [];
  readonly #world: FaultWorld;

  constructor(world: FaultWorld, row: Row) {
    this.#world = world;
    this.row = row;
    this.namespace = `${row.fault}-${row.operation}`.toLowerCase().replaceAll(" ", "-");
    this.history = new History(this.namespace, world.east.client);
  }

  /** Starts so many agents, of which one leads, with three Services to copy; returns when all is copied. */
  async open(agents = 1): Promise<void> {
    const { east, west } = this.#world;
    const make = (side: FaultSide, name: string) =>
      side.client.create(namespaces.all, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    await Promise.all([
      make(east, this.namespace),
      make(west, this.namespace),
      make(west, systemNamespace(this.namespace)),
    ]);
    for (const service of ["a", "b", "c"]) await this.history.add(service);
    this.agents = await Promise.all(Array.from({ length: agents }, (_, i) => this.#startAgent(i + 1)));
    await this.waitCopied(OPENING_SECONDS);
  }

  /** The agent that holds the Lease. */
  async leader(): Promise<FaultAgent> {
    const path = leases.one(systemNamespace(this.namespace), LEASE);
    const { spec } = await this.#world.west.client.get<Lease>(path);
    const found = this.agents.find(({ name }) => name === spec?.holderIdentity);
    return found ?? assert.fail(`nobody leads: ${JSON.stringify(spec)}`);
  }

  /** Something of everything: content, a Service that goes, one that comes, one that is made anew under its name. */
  async change(): Promise<void> {
    const { history } = this;
    await history.move("a");
    await history.remove("b");
    await history.add("d");
    await history.move("a");
    await history.remove("c");
    await history.add("c");
    await history.move("d");
  }

  /** Starts a fault in the row's operation at the proxies of an agent, and brings about that operation. */
  begin(agent: FaultAgent, fault: Fault, ...further: Operation[]): void {
    const { operation } = this.row;
    for (const proxy of this.#struck(agent)) {
      proxy.inject(fault, operation, ...further);
      if (operation === "listing") proxy.expireWatches();
    }
  }

  /** Waits until the fault has met what it is for. */
  async waitMet(agent: FaultAgent): Promise<void> {
    await waitFor(`${this.namespace}: something to go wrong`, async () => {
      const met = this.#struck(agent).map((proxy) => proxy.met);
      return met.every((count) => count > 0) ? { done: undefined } : { seen: `met: ${met.join(", ")}` };
    });
  }

  end(agent: FaultAgent): void {
    for (const proxy of this.#struck(agent)) proxy.heal();
  }

  /** Waits until the replayed history, the source and what this cluster has made of it are one and the same. */
  async waitCopied(seconds = RECOVERY_SECONDS): Promise<void> {
    const expected = this.history.replay();
    assert.deepEqual(await readState(this.#world.east.client, this.namespace, "history"), expected);
    await waitFor(`${this.namespace} to be ${JSON.stringify(expected)}`, () => this.#compare(expected), seconds, 500);
  }

  async #compare(expected: State): Promise<{ done: undefined } | { seen: string }> {
    const { copies, endpoints } = await readCopies(this.#world.west.client, this.namespace);
    if (isDeepStrictEqual(copies, expected) && isDeepStrictEqual(endpoints, expected)) return { done: undefined };
    const logs = this.agents.map(({ process }) => process.logTail(5)).join("\n");
    return { seen: `copies ${JSON.stringify(copies)}, Endpoints ${JSON.stringify(endpoints)}\n${logs}` };
  }

  /**
   * After the end of a fault: everything that happened arrives, also what happens afterwards; no copy was ever older than before;
   * and nobody was overrun by requests meanwhile. Returns how long it took, in seconds.
   */
  async assertRecovered(from: number): Promise<number> {
    const healed = performance.now();
    await this.waitCopied();
    const took = (performance.now() - healed) / 1000;
    this.assertNoStorm(from);
    await this.history.move("a");
    await this.waitCopied();
    await this.#assertWitnessed();
    return took;
  }

  /** The witness has seen all there was, up to the last change, and no copy that was older than before. */
  async #assertWitnessed(): Promise<void> {
    const { witness } = this.#world;
    await waitFor(`the witness to see the last change of ${this.namespace}`, async () => {
      const newest = witness.newest(this.namespace);
      return newest === this.history.newest ? { done: undefined } : { seen: `${newest}; ${witness.trouble}` };
    });
    assert.deepEqual(witness.stepsBack(this.namespace), []);
    assert.deepEqual(witness.unseen(this.namespace), [], "not every version of the copies was seen");
  }

  /** The same request comes again and again, but ever more slowly. `from`: `performance.now()` at the beginning. */
  assertNoStorm(from: number): void {
    const seconds = (performance.now() - from) / 1000;
    for (const agent of this.agents) {
      for (const proxy of [agent.own, agent.peer]) {
        const counts = new Map<string, number>();
        for (const { at, operation, line } of proxy.requests) {
          if (at >= from) counts.set(`${operation} ${line}`, (counts.get(`${operation} ${line}`) ?? 0) + 1);
        }
        for (const [what, count] of counts) {
          assert.ok(count <= 16 + seconds, `${agent.name}: ${count} times ${what} in ${seconds.toFixed(0)} s`);
        }
      }
    }
  }

  close(): void {
    for (const { process } of this.agents) process.kill("SIGKILL");
    for (const proxy of this.#proxies) proxy.close();
  }

  /** Writes go to the own cluster alone. */
  #struck({ own, peer }: FaultAgent): FaultProxy[] {
    return this.row.operation === "writing" ? [own] : [own, peer];
  }

  async #startAgent(number: number): Promise<FaultAgent> {
    const { lab, east, west, pki } = this.#world;
    const open = async (side: FaultSide) => {
      const { localServer: server, ca } = side.cluster;
      const proxy = await FaultProxy.start({ server, ca }, pki.server);
      this.#proxies.push(proxy);
      return { ...side, proxy };
    };
    const [own, peer] = await Promise.all([open(west), open(east)]);
    const name = `${this.namespace}-${number}`;
    return startFaultAgent({ lab, name, namespace: this.namespace, own, peer, ca: pki.ca });
  }
}
