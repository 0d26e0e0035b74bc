import assert from "node:assert/strict";
import { test } from "node:test";
import { type Advice, type ClusterAdvice, resolveSuccessor } from "../../shared/advice.ts";

function cluster(name: string, extra: Partial<ClusterAdvice> = {}): ClusterAdvice {
  return { name, readable: true, service: "replica", ready: 0, ports: [], ...extra };
}

const own = cluster("a", { service: "own" });

const rows: [name: string, others: ClusterAdvice[], named: string | undefined, outcome: string | RegExp][] = [
  ["the only other cluster with a replica", [cluster("b")], undefined, "b"],
  ["the only other cluster with an own Service", [cluster("b", { service: "own" })], undefined, "b"],
  ["clusters without the Service do not count", [cluster("b"), cluster("c", { service: "none" })], undefined, "b"],
  ["unreadable clusters do not count", [cluster("b"), cluster("c", { readable: false })], undefined, "b"],
  ["a named one among several", [cluster("b"), cluster("c")], "c", "c"],
  ["several, none named", [cluster("b"), cluster("c")], undefined, /more than one .*\(b, c\)/],
  ["nobody has it", [cluster("b", { service: "none" })], undefined, /no other readable cluster/],
  ["alone", [], undefined, /no other readable cluster/],
  ["named, but unknown", [cluster("b")], "d", /not a known other cluster \(known: b\)/],
  ["named, alone", [], "d", /known: none/],
  ["named oneself", [cluster("b")], "a", /not a known other cluster/],
  ["named, but unreadable", [cluster("b", { readable: false })], "b", /cannot be read/],
  ["named, but without the Service", [cluster("b", { service: "none" })], "b", /has no such Service/],
];

for (const [name, others, named, outcome] of rows) {
  test(`successor: ${name}`, () => {
    const advice: Advice = { cluster: "a", clusters: [own, ...others] };
    const successor = resolveSuccessor(advice, "a", named);
    if (typeof outcome === "string") assert.deepEqual(successor, { ok: true, cluster: outcome });
    else assert.ok(!successor.ok && outcome.test(successor.message), JSON.stringify(successor));
  });
}
