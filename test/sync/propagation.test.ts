import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SOURCE_CLUSTER } from "../../shared/keys.ts";
import type { EndpointSlice } from "../../shared/kube/objects.ts";
import type { Write } from "../../shared/protocol/write.ts";
import { changedAt, Propagation } from "../../sync/propagation.ts";

const SEEN = Date.parse("2026-01-01T12:00:00.500Z");
const slice = (...times: string[]): EndpointSlice => {
  const managedFields = times.map((time) => ({ time }));
  return { metadata: { name: "web-1", managedFields }, addressType: "IPv4", endpoints: [] };
};

describe("when a change was made", () => {
  for (const [what, times, expected] of [
    ["no record: when it was seen", [], SEEN],
    ["within the record's precision: when it was seen", ["2026-01-01T12:00:00Z"], SEEN],
    ["a clock ahead: when it was seen", ["2026-01-01T12:05:00Z"], SEEN],
    [
      "it waited: the latest record",
      ["2026-01-01T11:00:30Z", "2026-01-01T11:59:30Z"],
      Date.parse("2026-01-01T11:59:30Z"),
    ],
    ["long before we looked: when it was seen", ["2026-01-01T09:00:00Z"], SEEN],
    ["no time at all: when it was seen", ["soon"], SEEN],
  ] as const) {
    test(what, () => assert.equal(changedAt(slice(...times), SEEN), expected));
  }
});

describe("propagation", () => {
  const setUp = () => {
    const observed: [string, number][] = [];
    let now = 10_000;
    const histogram = {
      observe: (labels: { cluster: string }, seconds: number) => void observed.push([labels.cluster, seconds]),
    };
    const propagation = new Propagation(histogram as never, () => now);
    return {
      observed,
      propagation,
      at: (ms: number) => {
        now = ms;
      },
    };
  };
  const copy = (cluster: string, verb: "create" | "update" = "update"): Write => {
    const body: EndpointSlice = { ...slice(), metadata: { name: "c", labels: { [SOURCE_CLUSTER]: cluster } } };
    return { verb, resource: "endpointslices", name: "c", reason: "", body };
  };

  test("counts from the first change that is not written to the write that brings it", () => {
    const { observed, propagation, at } = setUp();
    propagation.changed("shop/web", "east", 9000);
    propagation.changed("shop/web", "east", 9900);
    propagation.changed("shop/web", "north", 9500);
    propagation.wrote("shop/other", copy("east"));
    propagation.wrote("shop/web", { verb: "delete", resource: "endpointslices", name: "c", uid: "u", reason: "" });
    assert.deepEqual(observed, []);
    propagation.wrote("shop/web", copy("east"));
    at(12_500);
    propagation.wrote("shop/web", copy("north", "create"));
    propagation.wrote("shop/web", copy("east"));
    assert.deepEqual(observed, [
      ["east", 1],
      ["north", 3],
    ]);
  });

  test("a change without consequences is not held against the next one", () => {
    const { observed, propagation } = setUp();
    propagation.changed("shop/web", "east", 1000);
    propagation.settled("shop/web");
    propagation.changed("shop/web", "east", 9990);
    propagation.wrote("shop/web", copy("east"));
    assert.deepEqual(observed, [["east", 0.01]]);
  });

  test("what was pending when another process took over is not held against this one", () => {
    const { observed, propagation } = setUp();
    propagation.changed("shop/web", "east", 1000);
    propagation.clear();
    propagation.wrote("shop/web", copy("east"));
    assert.deepEqual(observed, []);
  });
});
