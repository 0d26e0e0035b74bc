/** What is explored: from which starts, how far. */
import type { HoldReason } from "../../shared/protocol/write.ts";
import { APART, SERVED, type Start } from "./exhaustive/starts.ts";
import type { Bound, FaultKind } from "./exhaustive/state.ts";

/** One exploration, complete within its bound. */
export interface Task {
  start: Start;
  bound: Bound;
  /** See `Options`. */
  split?: boolean;
}

/** Every kind of event, at most `events` of them in all. */
function bound(events: number, lag: number, faults = 1): Bound {
  return { commands: 2, podChanges: 2, faults, events, lag };
}

/** Explored by every `npm test`. */
export const SMALL: readonly Task[] = [
  { start: SERVED, bound: bound(1, 2) },
  { start: SERVED, bound: bound(2, 0) },
  { start: APART, bound: bound(2, 1, 0) },
];

/** One crash, or one partition that heals in one direction after the other. */
const CRASH_OR_PARTITION: readonly FaultKind[] = ["crash", "cut both"];

/** Commands at the start, in either cluster. Those that most follows from come first. */
const FIRST_COMMANDS = [
  [0, "union"],
  [1, "union"],
  [1, "source"],
  [0, "receiver"],
  [1, "singular"],
  [0, "singular"],
  [0, "source"],
  [1, "receiver"],
  [0, undefined],
  [1, undefined],
] as const;

/** Explored by `npm run test:model -- --deep`, those that take longest first. */
export const DEEP: readonly Task[] = [
  // The whole bound: all five race each other, and watches lag. A row for each command that may come first.
  ...FIRST_COMMANDS.map((firstCommand) => ({
    start: SERVED,
    bound: { ...bound(5, 2), kinds: CRASH_OR_PARTITION, firstCommand },
    split: true,
  })),
  // One direction is cut and the other is not: each command and pod change finds everything quiet, or cut; the cut falls anywhere.
  ...(["cut east", "cut west"] as const).map((kind) => ({
    start: SERVED,
    bound: { ...bound(5, 0), racing: 1, kinds: [kind] },
  })),
  // Any two events of all kinds race each other.
  { start: APART, bound: bound(2, 2) },
  { start: SERVED, bound: bound(2, 2) },
];

/** Reasons of holds that no state within the bounds can have, and why. Checked: none of them is reached, all others are. */
export const UNREACHABLE: Readonly<Partial<Record<HoldReason, string>>> = {
  Contended: "takes four strips within ten minutes under one intent; the bound has too few events",
  NamespaceMissing: "namespaces are always there in the model",
  NoSelector: "every Service in the model has a selector, or a copy of its origin's",
  TooManyDeletions: "the model has one Service; the cap counts many",
  HostnameConflict: "no Service in the model is headless",
  Quarantined: "clusters in the model keep their identity",
  AddressRefused: "no addresses in the model are forbidden",
  PortConflict: "ports never change in the model",
};

/** How the reason of every write of the plan begins or ends, and all must be reached. `…` stands for a cluster. */
export const BRANCHES: readonly RegExp[] = [
  /^replica of …/,
  /^copy of …/,
  /^follows the copies/,
  /^follows its origin/,
  /^follows the intent (source|union|singular|none) at …/,
  /^declares (source|receiver|union|singular|no mode)/,
  /^outdone by /,
  /^mode put back: no successor/,
  /^mode put back: .* to (absent|receiver): /,
  /^mode put back: the mode cannot be removed/,
  /^tracks the pods of a Service that is about to lose its selector/,
  /^union: the shadow tracks the pods/,
  /^left behind by the removed selector/,
  /^this cluster serves with its own pods/,
  /^the native slices offer all that the shadow offered/,
  /^the endpoints of … are not needed here any more/,
  /… no longer contributes it$/,
  /^released: … serves everywhere/,
  /… went unready during the release$/,
  /^a replica follows its origin; the selector takes effect/,
  /^no copy can take a request yet/,
  /^singular in …/,
  /^the Service is gone in …/,
  /^takes no part any more/,
];

/** Branches that no state within the bounds can take, and why. */
export const UNREACHABLE_BRANCHES: Readonly<Record<string, string>> = {
  "Endpoints are switched off": "they are mirrored in the model",
  "… is forgotten here": "nobody forgets a cluster in the model",
  "mode put back: … was applied before and is outdone": "manifests in the model carry no mode",
  "mode put back: … is no mode": "people in the model know how to spell",
};
