/**
 * The one table of legal mode transitions of a Service. Webhook, sync and plugin ask it; README and docs print it.
 * It speaks of one object alone; what depends on other objects is named as a need and judged where they can be seen.
 */
import { MODES, type ModeOrAbsent } from "./mode.ts";

/**
 * What a legal transition asks for beyond this object:
 * `successor` - another cluster that has the Service must be known, it becomes the source;
 * `oneOwn` - at most one cluster may hold an own Service, else two clusters would serve apart without a word.
 */
export type Need = "successor" | "oneOwn";

export type Transition =
  | { legal: true; need?: Need; means: string }
  | { legal: false; because: string; instead: string };

type Row = Record<ModeOrAbsent, Transition>;

const unchanged: Transition = { legal: true, means: "nothing changes" };
const toSource: Transition = { legal: true, means: "this cluster serves, every other participant follows it" };
const toUnion: Transition = { legal: true, means: "all participants publish the pods of all of them" };
const toSingular: Transition = { legal: true, means: "replication stops, what was replicated is removed" };
const toReceiver: Transition = {
  legal: true,
  need: "successor",
  means: "the successor becomes source; this Service keeps serving until the successor is ready everywhere",
};
const toAbsent: Transition = {
  legal: true,
  need: "oneOwn",
  means: "the Service is replicated from wherever it lives",
};

/** Old mode → new mode → verdict; every cell is filled. */
export const TRANSITIONS: Readonly<Record<ModeOrAbsent, Row>> = {
  absent: { absent: unchanged, source: toSource, receiver: toReceiver, union: toUnion, singular: toSingular },
  source: { absent: toAbsent, source: unchanged, receiver: toReceiver, union: toUnion, singular: toSingular },
  receiver: {
    absent: {
      legal: false,
      because: "a receiver has given up its pods; without a mode nobody would say whom it follows",
      instead: 'set "source" to take the Service back, "union" to share it, or "singular" to end replication',
    },
    source: { ...toSource, means: "this cluster takes the Service back" },
    receiver: unchanged,
    union: toUnion,
    singular: toSingular,
  },
  union: {
    absent: {
      legal: false,
      because: "every participant of a union may have its own pods; without a mode they would serve apart",
      instead: 'set "source" on the cluster that shall serve, or "singular" to end replication',
    },
    source: toSource,
    receiver: toReceiver,
    union: unchanged,
    singular: toSingular,
  },
  singular: {
    absent: toAbsent,
    source: toSource,
    receiver: {
      legal: false,
      because: "a singular Service is replicated nowhere, so no cluster could take it over",
      instead: 'set "source" first, wait for the replicas, then set "receiver"',
    },
    union: toUnion,
    singular: unchanged,
  },
};

/** Every mode and `absent`, in the order tables are printed. */
export const TABLE_ORDER: readonly ModeOrAbsent[] = ["absent", ...MODES];

/** The verdict on changing one Service's mode from `from` to `to`. */
export function judgeTransition(from: ModeOrAbsent, to: ModeOrAbsent): Transition {
  return TRANSITIONS[from][to];
}

/** Why a step the table forbids is refused, and what to do instead, in one sentence. */
export function describeRefusal(
  from: ModeOrAbsent,
  to: ModeOrAbsent,
  { because, instead }: Extract<Transition, { legal: false }>,
): string {
  const step = to === "absent" ? "removed" : `set to "${to}"`;
  return `mode "${from}" cannot be ${step}: ${because}; ${instead}`;
}

/** The table as Markdown, one row per old mode: `yes`, `yes, if …`, or `no`. Used by README and docs, checked by a test. */
export function renderTransitions(): string {
  const header = `| from \\ to | ${TABLE_ORDER.join(" | ")} |`;
  const rule = `|${" --- |".repeat(TABLE_ORDER.length + 1)}`;
  const rows = TABLE_ORDER.map((from) => `| **${from}** | ${TABLE_ORDER.map((to) => cell(from, to)).join(" | ")} |`);
  return [header, rule, ...rows].join("\n");
}

function cell(from: ModeOrAbsent, to: ModeOrAbsent): string {
  const verdict = judgeTransition(from, to);
  if (from === to) return "–";
  if (!verdict.legal) return "no";
  if (verdict.need === "successor") return "yes, if a successor is known";
  if (verdict.need === "oneOwn") return "yes, if only one cluster has its own";
  return "yes";
}
