/** Random attacks: what people, pods and machines do at the worst moments. Plain data, the same for the same seed. */
import fc from "fast-check";
import { MODES, type Mode } from "../../shared/mode.ts";

/** One thing done to an application in a cluster, so many milliseconds after the attack began. */
export type Deed = { at: number; cluster: string } & (
  | { kind: "mode"; mode: Mode | null; successor?: string }
  /** A further pod that is ready, or one of those turned unready or ready again; the first of a cluster is never touched. */
  | { kind: "pod"; change: "starts" | "unready" | "ready" }
  /** By hand: the Service; the manifest as its owner keeps it; all of one kind that sync made for the Service. */
  | { kind: "delete" }
  | { kind: "apply" }
  | { kind: "sweep"; what: "slices" | "shadow" | "endpoints" }
);

/** Something that stops working for a while, both in milliseconds. */
export type Fault = { at: number; lasts: number } & (
  | { kind: "sync" | "webhook"; cluster: string }
  | { kind: "cut"; cluster: string; other: string }
);

export interface Attack {
  /** By application. */
  deeds: Deed[][];
  faults: Fault[];
}

/**
 * What is done to an application. `steady`: whoever wins, all follow. `parting`: modes are taken away too, and what then was one
 * application may be several. `wild`: anything, so that requests may be lost.
 */
export type Temper = "steady" | "parting" | "wild";

export interface AttackOptions {
  clusters: readonly string[];
  /** By application. */
  tempers: readonly Temper[];
  /** How long, milliseconds. */
  lasts: number;
  seed: number;
}

/** Deeds and faults begin at multiples of this, so that several fall on one moment. */
const BEAT_MS = 250;
const DEEDS_EACH = 20;
const FAULTS = 8;
const SHORTEST_FAULT_MS = 300;
const LONGEST_FAULT_MS = 6000;

/** The attack that belongs to a seed. */
export function drawAttack({ clusters, tempers, lasts, seed }: AttackOptions): Attack {
  const at = fc.nat({ max: Math.floor(lasts / BEAT_MS) }).map((beat) => beat * BEAT_MS);
  const cluster = fc.constantFrom(...clusters);
  const deeds = (temper: Temper) =>
    fc.array(arbitraryDeed({ at, cluster, temper }), { minLength: DEEDS_EACH, maxLength: DEEDS_EACH });
  const attack = fc.record({
    deeds: fc.tuple(...tempers.map(deeds)),
    faults: fc.array(arbitraryFault({ at, cluster }), { minLength: FAULTS, maxLength: FAULTS }),
  });
  const [drawn] = fc.sample(attack, { numRuns: 1, seed });
  if (!drawn) throw new Error(`no attack for seed ${seed}`);
  return { deeds: drawn.deeds.map(inOrder), faults: inOrder(drawn.faults) };
}

function inOrder<T extends { at: number }>(things: readonly T[]): T[] {
  return [...things].sort((a, b) => a.at - b.at);
}

interface Parts {
  at: fc.Arbitrary<number>;
  cluster: fc.Arbitrary<string>;
}

function arbitraryDeed({ at, cluster, temper }: Parts & { temper: Temper }): fc.Arbitrary<Deed> {
  const common = { at, cluster };
  const isWild = temper === "wild";
  const modes = MODES.filter((mode) => isWild || mode !== "singular");
  const mode = fc
    .record({
      ...common,
      kind: fc.constant("mode" as const),
      mode: fc.constantFrom<Mode | null>(...modes, ...modes, ...(temper === "steady" ? [] : [null])),
      successor: cluster,
    })
    .filter(({ cluster: one, successor }) => one !== successor)
    .map(({ successor, ...deed }) => (deed.mode === "receiver" ? { ...deed, successor } : deed));
  const change = fc.constantFrom("starts" as const, "unready" as const, "ready" as const);
  const pod = fc.record({ ...common, kind: fc.constant("pod" as const), change });
  const byHand = fc.record({ ...common, kind: fc.constantFrom("delete" as const, "apply" as const) });
  const what = fc.constantFrom("slices" as const, "shadow" as const, "endpoints" as const);
  const sweep = fc.record({ ...common, kind: fc.constant("sweep" as const), what });
  return fc.oneof(
    { weight: 6, arbitrary: mode },
    { weight: 3, arbitrary: pod },
    { weight: isWild ? 2 : 0, arbitrary: byHand },
    { weight: isWild ? 2 : 0, arbitrary: sweep },
  );
}

function arbitraryFault({ at, cluster }: Parts): fc.Arbitrary<Fault> {
  const common = { at, lasts: fc.integer({ min: SHORTEST_FAULT_MS, max: LONGEST_FAULT_MS }), cluster };
  const cut = fc.record({ ...common, kind: fc.constant("cut" as const), other: cluster });
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ ...common, kind: fc.constant("sync" as const) }) },
    { weight: 1, arbitrary: fc.record({ ...common, kind: fc.constant("webhook" as const) }) },
    { weight: 2, arbitrary: cut.filter(({ cluster: one, other }) => one !== other) },
  );
}

/** A deed or fault in words. */
export function tell(event: Deed | Fault): string {
  const where = `${(event.at / 1000).toFixed(2)} s ${event.cluster}:`;
  switch (event.kind) {
    case "mode":
      return `${where} ${event.mode ?? "no mode"}${event.successor ? ` after ${event.successor}` : ""}`;
    case "pod":
      return `${where} a pod ${event.change}`;
    case "sweep":
      return `${where} ${event.what} deleted`;
    case "delete":
    case "apply":
      return `${where} ${event.kind}`;
    case "cut":
      return `${where} cut from ${event.other} for ${event.lasts} ms`;
    default:
      return `${where} ${event.kind} killed for ${event.lasts} ms`;
  }
}
