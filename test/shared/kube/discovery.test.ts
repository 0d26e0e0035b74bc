import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  chooseVersion,
  jsonPatchToBeta,
  sliceListToV1,
  sliceToBeta,
  sliceToV1,
} from "../../../shared/kube/discovery.ts";

const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";
const REGION = "topology.kubernetes.io/region";

/** Endpoints of both versions that mean the same. */
const pairs: { name: string; beta: object; v1: object }[] = [
  { name: "nothing but an address", beta: { addresses: ["10.1.0.1"] }, v1: { addresses: ["10.1.0.1"] } },
  {
    name: "node and zone",
    beta: { addresses: ["10.1.0.1"], topology: { [HOSTNAME]: "n1", [ZONE]: "z1" } },
    v1: { addresses: ["10.1.0.1"], nodeName: "n1", zone: "z1" },
  },
  {
    name: "region stays a topology key",
    beta: { addresses: ["10.1.0.1"], topology: { [HOSTNAME]: "n1", [ZONE]: "z1", [REGION]: "r1" } },
    v1: { addresses: ["10.1.0.1"], nodeName: "n1", zone: "z1", deprecatedTopology: { [REGION]: "r1" } },
  },
  {
    name: "conditions, hostname, target and unknown fields stay",
    beta: {
      addresses: ["::1"],
      conditions: { ready: null, serving: true },
      hostname: "h",
      targetRef: { name: "p" },
      new: 1,
    },
    v1: {
      addresses: ["::1"],
      conditions: { ready: null, serving: true },
      hostname: "h",
      targetRef: { name: "p" },
      new: 1,
    },
  },
];

describe("one endpoint, both ways", () => {
  for (const { name, beta, v1 } of pairs) {
    test(`to v1: ${name}`, () => assert.deepEqual(sliceToV1({ endpoints: [beta] }), { endpoints: [v1] }));
    test(`to v1beta1: ${name}`, () => assert.deepEqual(sliceToBeta({ endpoints: [v1] }), { endpoints: [beta] }));
  }

  test("to v1: nodeName of 1.20 with its gate on", () => {
    const beta = { addresses: ["10.1.0.1"], nodeName: "n1", topology: { [HOSTNAME]: "n1" } };
    assert.deepEqual(sliceToV1({ endpoints: [beta] }), { endpoints: [{ addresses: ["10.1.0.1"], nodeName: "n1" }] });
  });

  test("to v1: an empty topology leaves nothing behind", () => {
    assert.deepEqual(sliceToV1({ endpoints: [{ addresses: ["a"], topology: {} }] }), {
      endpoints: [{ addresses: ["a"] }],
    });
  });
});

describe("whole slices", () => {
  test("apiVersion is translated, everything else kept, the input untouched", () => {
    const slice = Object.freeze({
      apiVersion: "discovery.k8s.io/v1beta1",
      kind: "EndpointSlice",
      metadata: { name: "cart-x", labels: { constructor: "a" } },
      addressType: "IPv4",
      endpoints: null,
      ports: null,
    });
    assert.deepEqual(sliceToV1(slice), { ...slice, apiVersion: "discovery.k8s.io/v1" });
    assert.deepEqual(sliceToBeta(sliceToV1(slice)), slice);
  });

  test("a part of a slice, as in a merge patch, gets no apiVersion", () => {
    assert.deepEqual(sliceToBeta({ metadata: { labels: null } }), { metadata: { labels: null } });
  });

  test("a list is translated item by item", () => {
    const list = {
      apiVersion: "discovery.k8s.io/v1beta1",
      kind: "EndpointSliceList",
      metadata: { resourceVersion: "7" },
      items: [{ metadata: { name: "a" }, endpoints: [{ addresses: ["a"], topology: { [ZONE]: "z" } }] }],
    };
    assert.deepEqual(sliceListToV1(list), {
      ...list,
      apiVersion: "discovery.k8s.io/v1",
      items: [{ metadata: { name: "a" }, endpoints: [{ addresses: ["a"], zone: "z" }] }],
    });
    assert.equal(sliceListToV1({ ...list, items: null })["items"], null);
  });
});

describe("JSON patches", () => {
  test("all endpoints are translated, other operations kept", () => {
    const patch = [
      { op: "replace", path: "/endpoints", value: [{ addresses: ["a"], zone: "z" }] },
      { op: "remove", path: "/metadata/labels/x" },
    ];
    assert.deepEqual(jsonPatchToBeta(patch), [
      { op: "replace", path: "/endpoints", value: [{ addresses: ["a"], topology: { [ZONE]: "z" } }] },
      patch[1],
    ]);
  });

  test("an operation inside of an endpoint is refused", () => {
    assert.throws(() => jsonPatchToBeta([{ op: "replace", path: "/endpoints/0/zone", value: "z" }]), /set \/endpoints/);
  });
});

test("v1 is preferred, v1beta1 taken, neither reported", () => {
  assert.equal(chooseVersion(["v1beta1", "v1"]), "v1");
  assert.equal(chooseVersion(["v1beta1"]), "v1beta1");
  assert.equal(chooseVersion(["v1alpha1"]), undefined);
});

const word = fc.stringMatching(/^[a-z]{1,4}$/);
const endpoint = fc.record(
  {
    addresses: fc.array(fc.ipV4(), { minLength: 1, maxLength: 2 }),
    conditions: fc.record({ ready: fc.constantFrom(true, false, null) }),
    nodeName: word,
    zone: word,
    hostname: word,
    hints: fc.constant({ forZones: [{ name: "z" }] }),
    deprecatedTopology: fc.dictionary(word, word, { minKeys: 1 }),
  },
  { requiredKeys: ["addresses"] },
);
const betaEndpoint = fc.record(
  {
    addresses: fc.array(fc.ipV4(), { minLength: 1, maxLength: 2 }),
    hostname: word,
    topology: fc.dictionary(fc.oneof(fc.constantFrom(HOSTNAME, ZONE, REGION), word), word, { minKeys: 1 }),
  },
  { requiredKeys: ["addresses"] },
);

describe("there and back is the same", () => {
  test("v1 to v1beta1 to v1", () => {
    fc.assert(
      fc.property(fc.array(endpoint), (endpoints) => {
        const slice = { apiVersion: "discovery.k8s.io/v1", endpoints };
        assert.deepEqual(plain(sliceToV1(sliceToBeta(slice))), plain(slice));
      }),
    );
  });

  test("v1beta1 to v1 to v1beta1", () => {
    fc.assert(
      fc.property(fc.array(betaEndpoint), (endpoints) => {
        const slice = { apiVersion: "discovery.k8s.io/v1beta1", endpoints };
        assert.deepEqual(plain(sliceToBeta(sliceToV1(slice))), plain(slice));
      }),
    );
  });
});

/** fast-check makes dictionaries without prototype; JSON has none either way. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
