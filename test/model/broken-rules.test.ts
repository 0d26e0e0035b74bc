import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  acknowledgementDropped,
  consentIgnored,
  contentIgnored,
  coverDropped,
  freshReadsDropped,
  frozenCounted,
  frozenKept,
  holdDropped,
  oldestWins,
  releasedServesAgain,
  replicaLabelKept,
  syncGateDropped,
} from "./exhaustive/broken-rules.ts";
import { Exploration } from "./exhaustive/exploration.ts";
import type { Decide } from "./exhaustive/plans.ts";
import { APART, SERVED, type Start } from "./exhaustive/starts.ts";
import type { Bound } from "./exhaustive/state.ts";

// An exploration that finds nothing is worth as much as its eyes: each of these must be seen.

const ONE_COMMAND: Bound = { commands: 1, podChanges: 0, faults: 0, events: 1, lag: 0 };
const TWO_COMMANDS: Bound = { commands: 2, podChanges: 0, faults: 0, events: 2, lag: 0 };
const COMMAND_AND_POD: Bound = { commands: 1, podChanges: 1, faults: 0, events: 2, lag: 0 };
const LATE: Bound = { ...COMMAND_AND_POD, lag: 1 };
const ONE_FAULT: Bound = { ...ONE_COMMAND, faults: 1 };

const rows: { name: string; decide: Decide; bound: Bound; breaks: RegExp; start?: Start }[] = [
  { name: "a hold dropped", decide: holdDropped, bound: ONE_COMMAND, breaks: /^\(a\)/ },
  { name: "release without acknowledgement", decide: acknowledgementDropped, bound: TWO_COMMANDS, breaks: /^\(a\)/ },
  { name: "the sync gate dropped", decide: syncGateDropped, bound: ONE_FAULT, breaks: /^\(a\)/ },
  { name: "the oldest intent wins", decide: oldestWins, bound: TWO_COMMANDS, breaks: /^\(c\)/ },
  { name: "replica-of kept at promotion", decide: replicaLabelKept, bound: ONE_COMMAND, breaks: /^\(e\)/ },
  { name: "frozen addresses count", decide: frozenCounted, bound: COMMAND_AND_POD, breaks: /^\(a\)/ },
  { name: "copies dropped before pods cover them", decide: coverDropped, bound: TWO_COMMANDS, breaks: /^\(a\)/ },
  { name: "fresh reads dropped", decide: freshReadsDropped, bound: LATE, breaks: /^\(a\)/ },
  { name: "content not followed", decide: contentIgnored, bound: COMMAND_AND_POD, breaks: /^\((c|f)\)/ },
  { name: "frozen slices kept", decide: frozenKept, bound: ONE_COMMAND, breaks: /^\(f\)/ },
  { name: "released, and serves again", decide: releasedServesAgain, bound: COMMAND_AND_POD, breaks: /^\(g\)/ },
  { name: "consent not asked for", decide: consentIgnored, bound: ONE_COMMAND, breaks: /^\(d\)/, start: APART },
];

describe("a rule broken on purpose is noticed behind the last pod change", () => {
  for (const { name, decide, bound, breaks } of rows.filter((row) => row.bound.podChanges > 0)) {
    it(name, () => {
      const { finding } = new Exploration({ start: SERVED, bound, decide, split: true }).run();
      assert.match(finding?.what ?? "nothing was found", breaks);
      assert.ok(
        finding?.story.some((line) => line.startsWith("pods: ")),
        finding?.story.join("\n"),
      );
    });
  }
});

describe("a rule broken on purpose is noticed", () => {
  for (const { name, decide, bound, breaks, start } of rows) {
    for (const whole of [false, true]) {
      it(`${name}${whole ? ", in all states" : ""}`, () => {
        const { finding } = new Exploration({ start: start ?? SERVED, bound, decide, whole }).run();
        assert.match(finding?.what ?? "nothing was found", breaks);
        assert.ok((finding?.story.length ?? 0) > 1, "the story is told");
      });
    }
  }
});
