/** What the real core decides in a state: one call for each distinct snapshot, remembered. */
import type { Advice } from "../../../shared/advice.ts";
import { SERVICE_NAME, SHADOW_OF } from "../../../shared/keys.ts";
import { type EndpointSlice, type Endpoints, label, type Service } from "../../../shared/kube/objects.ts";
import { shadowName } from "../../../shared/names.ts";
import { adviseOn } from "../../../shared/protocol/advise.ts";
import type { Plan } from "../../../shared/protocol/plan.ts";
import type { ClusterView, Snapshot } from "../../../shared/protocol/snapshot.ts";
import type { Hold } from "../../../shared/protocol/write.ts";
import { canonicalText, freezeDeep, Interned } from "./objects.ts";
import { Pairs } from "./pairs.ts";
import { KEY } from "./sides.ts";
import type { Space } from "./state.ts";
import { Memory, TupleTable } from "./tuples.ts";

/** The first second of the model, milliseconds since 1970. */
export const START_MS = 1_700_000_000_000;

/** What a process knows when it plans, as numbers of sets. */
export interface Knowledge {
  own: number;
  services: number;
  natives: number;
  copies: number;
  endpoints: number;
  peerServices: number;
  peerNatives: number;
  /** The peer is read. */
  listed: boolean;
  clock: number;
}

export interface Decision {
  /** Number of the pass that makes the writes; 0: none. */
  pass: number;
  /** Judge again from fresh reads. */
  live: boolean;
  /** Something would be judged otherwise had it lasted longer. */
  ages: boolean;
}

/** The core, or a version of it that a test has broken on purpose. */
export type Decide = (snapshot: Snapshot) => Plan;

export class Plans {
  readonly #space: Space;
  readonly #decide: Decide;
  /** Own cluster, peer listed and clock as one number, services, natives, copies, endpoints. */
  readonly #own = new TupleTable(5);
  /** Services, and slices that they may contribute. */
  readonly #peers = new TupleTable(2);
  readonly #known = new Pairs();
  readonly #decisions: Decision[] = [];
  /** What the webhook may be told, each advice once. */
  readonly advices = new Interned<Advice>();
  readonly #advised = new Memory<number>(6);
  /** Reasons of writes and words of holds, and how many distinct snapshots led there. */
  readonly writes = new Map<string, number>();
  readonly holds = new Map<string, number>();

  constructor(space: Space, decide: Decide) {
    this.#space = space;
    this.#decide = decide;
    this.#own.intern([-1, 0, 0, 0, 0]);
    this.#peers.intern([-1, 0]);
  }

  /** Distinct snapshots so far. */
  get size(): number {
    return this.#decisions.length;
  }

  /** The number of what a process knows of its own cluster, and whether it knows its peer; never 0. */
  ownView({ own, listed, clock, services, natives, copies, endpoints }: Knowledge): number {
    return this.#own.intern([own + 2 * Number(listed) + 4 * clock, services, natives, copies, endpoints]);
  }

  /** The number of what a process knows of its peer; never 0. */
  peerView({ peerServices, peerNatives }: Knowledge): number {
    return this.#peers.intern([peerServices, peerNatives]);
  }

  /** What follows from two such views. `matured`: what has to last a while has lasted that long. */
  decide(own: number, peer: number, matured: boolean): Decision {
    const view = own * 2 + Number(matured);
    const known = this.#known.get(view, peer);
    if (known >= 0) return this.#decisions[known] as Decision;
    const decision = this.#ask(this.snapshot(this.#knowledge(own, peer), matured));
    this.#known.set(view, peer, this.#decisions.length);
    this.#decisions.push(decision);
    return decision;
  }

  #knowledge(view: number, peer: number): Knowledge {
    const [who, services, natives, copies, endpoints] = [0, 1, 2, 3, 4].map((i) => this.#own.at(view, i)) as Five;
    const [peerServices, peerNatives] = [this.#peers.at(peer, 0), this.#peers.at(peer, 1)];
    const rest = { services, natives, copies, endpoints, peerServices, peerNatives };
    return { ...rest, own: who & 1, listed: (who & 2) !== 0, clock: who >> 2 };
  }

  /** The number of what a process that knows this much tells its webhook. */
  advise(knowledge: Knowledge): number {
    const { own, services, natives, peerServices, peerNatives, clock } = knowledge;
    const key = [own + 2 * Number(knowledge.listed), services, natives, peerServices, peerNatives, clock];
    return this.#advised.of(key, () => {
      const advice = adviseOn(this.snapshot(knowledge, false));
      return this.advices.intern(canonicalText(advice), () => advice);
    });
  }

  #ask(snapshot: Snapshot): Decision {
    const plan = this.#decide(freezeDeep(snapshot));
    for (const { reason } of plan.writes) count(this.writes, this.#withoutNames(reason));
    for (const hold of plan.holds) count(this.holds, this.#withoutNames(textOf(hold)));
    const writes = plan.writes.map((write) => this.#space.sides.internWrite(write));
    return {
      pass: this.#space.pass(writes),
      live: plan.writes.some((write) => write.live),
      ages: plan.facts.length > 0,
    };
  }

  #withoutNames(text: string): string {
    return this.#space.names.reduce((said, name) => said.replaceAll(name, "…"), text);
  }

  /** The snapshot that the process of `knowledge.own` would gather. */
  snapshot(knowledge: Knowledge, matured: boolean): Snapshot {
    const { own, clock, listed } = knowledge;
    const { sides, names } = this.#space;
    const [name, peer] = [names[own] as string, names[1 - own] as string];
    const slices = [...sides.slices.get(knowledge.natives), ...sides.slices.get(knowledge.copies)] as EndpointSlice[];
    const [endpoints] = sides.endpoints.get(knowledge.endpoints) as readonly Endpoints[];
    const views = [
      { ...viewOf(name, sides.services.get(knowledge.services), slices), ...(endpoints ? { endpoints } : {}) },
      {
        ...viewOf(peer, sides.services.get(knowledge.peerServices), sides.slices.get(knowledge.peerNatives)),
        listed,
      },
    ];
    const now = START_MS + clock * 1000;
    const since = matured ? LONG_AGO : JUST_NOW;
    const clusters = new Map(views.map((view) => [view.name, view]));
    return { key: KEY, own: name, clusters, settings: { unionSelector: "strip", endpoints: "mirror" }, now, since };
  }
}

type Five = [number, number, number, number, number];

/** Facts observed for the first time, and facts that have been true since 1970: `minReadySeconds` are over, or not. */
const JUST_NOW: ReadonlyMap<string, number> = new Map();
const LONG_AGO: ReadonlyMap<string, number> = Object.assign(new Map<string, number>(), { get: () => 0 });

function count(map: Map<string, number>, word: string): void {
  map.set(word, (map.get(word) ?? 0) + 1);
}

function textOf({ reason, message }: Hold): string {
  return `${reason}: ${message.replaceAll(/\d+/g, "#")}`;
}

function viewOf(name: string, services: readonly object[], slices: readonly object[]): ClusterView {
  const all = services as readonly Service[];
  const service = all.find((one) => one.metadata.name === KEY.name);
  const shadow = all.find(
    (one) => label(one, SHADOW_OF) === KEY.name && one.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid,
  );
  const of = (owner: string) =>
    (slices as readonly EndpointSlice[]).filter((one) => label(one, SERVICE_NAME) === owner);
  return {
    name,
    listed: true,
    namespace: true,
    ...(service ? { service } : {}),
    ...(shadow ? { shadow } : {}),
    slices: of(KEY.name),
    shadowSlices: of(shadow?.metadata.name ?? shadowName(KEY.name)),
    podCIDRs: [],
  };
}
