import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "../../../shared/kube/objects.ts";
import { newReplica, replicaSpecPatch } from "../../../shared/protocol/replica.ts";
import { webService } from "./scenario.ts";

// A replica has no more address families than its cluster can give to a Service with a selector, which it may become.

type Spec = Partial<Service["spec"]>;

const headless = (changes: Spec) => webService({ spec: { clusterIP: "None", ...changes } });

const rows: { name: string; origin: Spec; policy: string }[] = [
  { name: "one family", origin: { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" }, policy: "SingleStack" },
  {
    name: "one family because the cluster has no other",
    origin: { ipFamilies: ["IPv4"], ipFamilyPolicy: "PreferDualStack" },
    policy: "SingleStack",
  },
  { name: "a server that knows nothing of families", origin: {}, policy: "SingleStack" },
  { name: "a cluster IP", origin: { clusterIP: "fd00::7", ipFamilies: ["IPv6"] }, policy: "SingleStack" },
  { name: "two families", origin: { ipFamilies: ["IPv6", "IPv4"] }, policy: "PreferDualStack" },
];

describe("the address families of a new replica", () => {
  for (const { name, origin, policy } of rows) {
    it(name, () => assert.equal(newReplica(headless(origin), "east", "west", undefined).spec.ipFamilyPolicy, policy));
  }
});

describe("a replica that the API server gave two families unasked", () => {
  const replica = headless({ selector: null, ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" });

  it("gets one, as its origin", () => {
    assert.deepEqual(replicaSpecPatch(replica, headless({ ipFamilies: ["IPv4"] })), { ipFamilyPolicy: "SingleStack" });
  });

  it("keeps them if its origin has two", () => {
    assert.equal(replicaSpecPatch(replica, headless({ ipFamilies: ["IPv4", "IPv6"] })), undefined);
  });
});
