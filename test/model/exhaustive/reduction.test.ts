import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MODES } from "../../../shared/mode.ts";
import type { Draft } from "./draft.ts";
import { Exploration } from "./exploration.ts";
import { canonicalText } from "./objects.ts";
import { COPIES, ENDPOINTS, NATIVES, SERVICES } from "./sides.ts";
import { APART, SERVED, type Start } from "./starts.ts";
import type { Bound, Space } from "./state.ts";

// What an exploration leaves out must lead nowhere that it does not come to anyhow.

const NONE: Bound = { commands: 0, podChanges: 0, faults: 0, events: 0, lag: 2 };

const rows: { name: string; bound: Bound; start?: Start }[] = [
  { name: "a command, late watches", bound: { ...NONE, commands: 1, events: 1 } },
  { name: "a command and a pod change, late watches", bound: { ...NONE, commands: 1, podChanges: 1, events: 2 } },
  { name: "two pod changes, late watches", bound: { ...NONE, podChanges: 2, events: 2 } },
  { name: "a command and a fault", bound: { ...NONE, commands: 1, faults: 1, events: 2, lag: 1 } },
  { name: "two commands between strangers", bound: { ...NONE, commands: 2, events: 2, lag: 0 }, start: APART },
];

describe("states that others cover are left out, and all ends are found", () => {
  for (const { name, bound, start } of rows) {
    it(name, () => {
      const [some, all] = [explore(bound, start, false), explore(bound, start, true)];
      assert.ok(some.states < all.states, `${some.states} of ${all.states}`);
      assert.ok(all.ends.size > 1);
      assert.deepEqual([...some.ends].sort(), [...all.ends].sort());
    });
  }
});

describe("what is explored in parts comes to all that it comes to in one", () => {
  const bound: Bound = {
    ...NONE,
    commands: 1,
    podChanges: 2,
    faults: 1,
    events: 3,
    lag: 0,
    kinds: ["crash", "cut both"],
  };

  it("apart by the pods that are there", () => {
    const [whole, parts] = [explore(bound, SERVED, false), explore(bound, SERVED, false, true)];
    assert.deepEqual([...parts.ends].sort(), [...whole.ends].sort());
  });
});

describe("what is explored apart by the command that comes first comes to all that it comes to in one", () => {
  const bound: Bound = { ...NONE, commands: 2, events: 2, lag: 0 };

  it("in ten parts", () => {
    const { ends } = explore(bound, SERVED, false);
    const parts = [0, 1].flatMap((cluster) =>
      [undefined, ...MODES].map((mode) => explore({ ...bound, firstCommand: [cluster, mode] }, SERVED, false).ends),
    );
    for (const part of parts) assert.ok(part.size < ends.size, `${part.size} of ${ends.size}`);
    assert.deepEqual([...new Set(parts.flatMap((part) => [...part]))].sort(), [...ends].sort());
  });
});

function explore(bound: Bound, start = SERVED, whole: boolean, split = false): { states: number; ends: Set<string> } {
  const ends = new Set<string>();
  const onRest = (draft: Draft, space: Space) => ends.add(tell(draft, space));
  const { finding, states } = new Exploration({ start, bound, whole, split, onRest }).run();
  assert.equal(finding, undefined);
  return { states, ends };
}

/** All that is there at rest. Versions count how much the exploration has seen, and are left out. */
function tell(draft: Draft, { sides }: Space): string {
  const all = [0, 1].map((cluster) => {
    const side = draft.side(cluster);
    const at = (place: number) => sides.table.at(side, place);
    const slices = [...sides.slices.get(at(NATIVES)), ...sides.slices.get(at(COPIES))];
    return [sides.services.get(at(SERVICES)), slices, sides.endpoints.get(at(ENDPOINTS)), sides.podsOf(side)];
  });
  const text = JSON.stringify([draft.clock, all], (key, value) => (key === "resourceVersion" ? undefined : value));
  return canonicalText(JSON.parse(text));
}
