import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Endpoints } from "../../shared/kube/objects.ts";
import { stubEndpoints, stubSlice, trimPeerSlice, trimSlice } from "../../sync/trim.ts";

const SLICE: EndpointSlice = {
  metadata: {
    name: "web-1",
    namespace: "shop",
    uid: "u1",
    resourceVersion: "7",
    labels: { "kubernetes.io/service-name": "web" },
    annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "now" },
    managedFields: [{ manager: "kube-controller-manager" }],
  },
  addressType: "IPv4",
  endpoints: [
    {
      addresses: ["10.1.0.1"],
      conditions: { ready: true },
      hostname: "web-0",
      zone: "a",
      nodeName: "n1",
      targetRef: { kind: "Pod", name: "web-0" },
      hints: { forZones: [{ name: "a" }] },
    },
    { addresses: ["10.1.0.2"], conditions: { ready: false, serving: true, terminating: true } },
    { addresses: ["10.1.0.3"] },
  ],
  ports: [{ name: "http", port: 80 }],
};

test("of the own cluster, endpoints stay whole: what tracks local pods needs their node and name", () => {
  const { metadata, ...rest } = trimSlice(SLICE);
  assert.deepEqual(rest, { addressType: "IPv4", endpoints: SLICE.endpoints, ports: SLICE.ports });
  assert.deepEqual(Object.keys(metadata).sort(), ["labels", "name", "namespace", "resourceVersion", "uid"]);
});

test("of a peer, what names things of that peer is left out", () => {
  assert.deepEqual(trimPeerSlice(SLICE).endpoints, [
    { addresses: ["10.1.0.1"], conditions: { ready: true }, hostname: "web-0", zone: "a" },
    { addresses: ["10.1.0.2"], conditions: { ready: false, serving: true, terminating: true } },
    { addresses: ["10.1.0.3"] },
  ]);
});

test("of what takes no part, only that it is there", () => {
  const metadata = { name: "web-1", namespace: "shop", uid: "u1", resourceVersion: "7" };
  const nothing = { labels: {}, annotations: {}, ownerReferences: [] };
  assert.deepEqual(stubSlice(SLICE), {
    metadata: { ...metadata, ...nothing },
    addressType: "IPv4",
    endpoints: null,
  });
  const endpoints: Endpoints = { metadata: SLICE.metadata, subsets: [{ addresses: [{ ip: "10.1.0.1" }] }] };
  assert.deepEqual(stubEndpoints(endpoints), { metadata: { ...metadata, ...nothing } });
});
