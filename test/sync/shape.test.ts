import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { checkService, checkSlice } from "../../sync/shape.ts";

// What a server that is not ours may send, and what every API server may.

const metadata = {
  name: "web",
  namespace: "shop",
  uid: "u1",
  resourceVersion: "7",
  creationTimestamp: null,
  labels: { app: "web" },
  ownerReferences: [{ apiVersion: "v1", kind: "Service", name: "x", uid: "u2" }],
  managedFields: [{ manager: "kubectl", operation: "Update", fieldsV1: { "f:spec": {} } }],
};
const SERVICE = {
  metadata,
  spec: {
    type: "ClusterIP",
    clusterIP: "10.0.0.1",
    selector: { app: "web" },
    ipFamilies: ["IPv4"],
    ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: "http" }],
  },
  status: { loadBalancer: {}, conditions: [{ type: "x", status: "True" }] },
};
const SLICE = {
  metadata,
  addressType: "IPv4",
  endpoints: [
    {
      addresses: ["10.1.0.1"],
      conditions: { ready: true, serving: null },
      hostname: "web-0",
      targetRef: { kind: "Pod" },
    },
  ],
  ports: [{ name: "", port: 80, protocol: "TCP" }],
};

/** A copy with one field set, `a.b.0.c`. */
function withField(object: object, place: string, value: unknown): unknown {
  const copy = structuredClone(object);
  const fields = place.split(".");
  const last = fields.pop() ?? "";
  let at = copy as Record<string, unknown>;
  for (const field of fields) at = at[field] as Record<string, unknown>;
  at[last] = value;
  return copy;
}

describe("objects as API servers send them", () => {
  const services: [string, unknown][] = [
    ["whole", SERVICE],
    ["bare", { metadata: { name: "web", namespace: "shop" }, spec: {} }],
    ["without selector", withField(SERVICE, "spec.selector", null)],
    ["without status", withField(SERVICE, "status", undefined)],
  ];
  for (const [what, service] of services) {
    test(`a Service, ${what}`, () => assert.equal(checkService(service as Service), service));
  }
  const slices: [string, unknown][] = [
    ["whole", SLICE],
    ["without endpoints", withField(SLICE, "endpoints", null)],
    ["without ports", withField(SLICE, "ports", undefined)],
    ["for all ports", withField(SLICE, "ports.0.port", null)],
  ];
  for (const [what, slice] of slices) {
    test(`a slice, ${what}`, () => assert.equal(checkSlice(slice as EndpointSlice), slice));
  }
});

describe("what no API server sends", () => {
  for (const nothing of [null, undefined, "web", 7, []]) {
    test(`${JSON.stringify(nothing)} is neither a Service nor a slice`, () => {
      assert.throws(() => checkService(nothing as unknown as Service), /^TypeError: the Service is no object$/);
      assert.throws(() => checkSlice(nothing as unknown as EndpointSlice), /^TypeError: the slice is no object$/);
    });
  }

  const odd = { a: {} };
  const oddMetadata: [string, unknown][] = [
    ["metadata", undefined],
    ["metadata.name", ""],
    ["metadata.name", odd],
    ["metadata.namespace", undefined],
    ["metadata.uid", 7],
    ["metadata.resourceVersion", 7],
    ["metadata.creationTimestamp", 7],
    ["metadata.deletionTimestamp", odd],
    ["metadata.labels", ["app"]],
    ["metadata.labels", odd],
    ["metadata.annotations", { a: null }],
    ["metadata.ownerReferences", odd],
    ["metadata.ownerReferences", [null]],
    ["metadata.managedFields", [7]],
  ];
  const oddService: [string, unknown][] = [
    ["spec", undefined],
    ["spec.type", odd],
    ["spec.clusterIP", 7],
    ["spec.selector", "app=web"],
    ["spec.selector", odd],
    ["spec.ipFamilies", "IPv4"],
    ["spec.ipFamilies", [odd]],
    ["spec.ports", odd],
    ["spec.ports", [null]],
    ["spec.ports.0.port", "80"],
    ["spec.ports.0.name", odd],
    ["spec.ports.0.protocol", 7],
    ["status", "True"],
    ["status.conditions", odd],
    ["status.conditions", [null]],
  ];
  for (const [place, value] of [...oddMetadata, ...oddService]) {
    test(`a Service with ${place} ${JSON.stringify(value)}`, () => {
      const [, field = place] = place.split(".");
      assert.throws(
        () => checkService(withField(SERVICE, place, value) as Service),
        new RegExp(`^TypeError: ${field} `),
      );
    });
  }
  const oddSlice: [string, unknown][] = [
    ["addressType", undefined],
    ["endpoints", odd],
    ["endpoints", [null]],
    ["endpoints", [odd]],
    ["endpoints.0.addresses", "10.1.0.1"],
    ["endpoints.0.addresses", []],
    ["endpoints.0.addresses", [null]],
    ["endpoints.0.conditions", "ready"],
    ["endpoints.0.hostname", odd],
    ["endpoints.0.zone", 7],
    ["ports", odd],
    ["ports", [null]],
    ["ports.0.name", 7],
    ["ports.0.port", "80"],
    ["ports.0.protocol", odd],
  ];
  for (const [place, value] of [...oddMetadata, ...oddSlice]) {
    test(`a slice with ${place} ${JSON.stringify(value)}`, () => {
      const field = place.startsWith("metadata") ? /metadata/ : new RegExp(`^TypeError: ${place.split(".")[0]} of`);
      assert.throws(() => checkSlice(withField(SLICE, place, value) as EndpointSlice), field);
    });
  }
});
