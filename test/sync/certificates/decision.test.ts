import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BACKDATED,
  type CertificateState,
  decideCertificates,
  observeTrust,
  RETIRE_AFTER,
  SETTLE,
} from "../../../sync/certificates/decision.ts";
import type { Authority, Leaf } from "../../../sync/certificates/facts.ts";

const DAY = 86_400_000;
const NOW = 1000 * DAY;

function authority(fingerprint: string, change: Partial<Authority> = {}): Authority {
  return { pem: fingerprint, fingerprint, notBefore: NOW - DAY, notAfter: NOW + 364 * DAY, canSign: true, ...change };
}

function leaf(issuer: string, change: Partial<Leaf> = {}): Leaf {
  const span = { notBefore: NOW - DAY, notAfter: NOW + 29 * DAY };
  return { fingerprint: `leaf-of-${issuer}`, ...span, missing: [], issuers: [issuer], ...change };
}

const A = authority("A");
const B = authority("B");
const aged = authority("A", { notBefore: NOW - 300 * DAY, notAfter: NOW + 65 * DAY });
const expired = authority("A", { notBefore: NOW - 366 * DAY, notAfter: NOW - DAY });
const longAgo = NOW - DAY;

function state(change: Partial<CertificateState>): CertificateState {
  return {
    current: A,
    leaf: leaf("A"),
    served: leaf("A"),
    published: [[A], [A]],
    trustedSince: new Map([["A", longAgo]]),
    ...change,
  };
}

function without(...fields: (keyof CertificateState)[]): CertificateState {
  const all = state({});
  return Object.fromEntries(
    Object.entries(all).filter(([field]) => !fields.includes(field as keyof CertificateState)),
  ) as never;
}

function render(steps: ReturnType<typeof decideCertificates>): string {
  return steps
    .map((step) => {
      if (step.do === "publish") return `publish ${step.bundle.map((one) => one.fingerprint).join("+")}`;
      if (step.do === "found" && step.previous) return `found, previous ${step.previous.fingerprint}`;
      return step.do;
    })
    .join(" | ");
}

const fresh = leaf("A", { notBefore: NOW - BACKDATED });
const rows: [name: string, state: CertificateState, steps: string][] = [
  ["nothing is due at rest", state({}), ""],
  ["an empty cluster gets an authority", { published: [[], []], trustedSince: new Map() }, "found"],
  [
    "what was founded is published and served at once",
    { ...without("served"), published: [[], []] },
    "publish A | serve",
  ],
  ["without webhook configurations the leaf is served all the same", { ...without("served"), published: [] }, "serve"],
  ["an emptied caBundle is filled", state({ published: [[A], []] }), "publish A"],
  ["a foreign authority is taken out", state({ published: [[A, B], [A]] }), "publish A"],
  ["a lost Secret is founded anew, what is served stays trusted", without("current", "leaf"), "found, previous A"],
  ["a lost leaf is issued anew", without("leaf"), "issue"],
  ["a leaf without a wanted name is issued anew", state({ leaf: leaf("A", { missing: ["x"] }) }), "issue"],
  ["a leaf is renewed at two thirds", state({ leaf: leaf("A", { notBefore: NOW - 60 * DAY }) }), "issue"],
  ["a leaf of another authority is replaced", state({ leaf: leaf("B") }), "issue"],
  ["a new leaf is served", state({ leaf: { ...fresh, fingerprint: "new" } }), "serve"],
  [
    "a new leaf waits until its authority is trusted",
    state({ leaf: { ...fresh, fingerprint: "new" }, trustedSince: new Map([["A", NOW - SETTLE + 1]]) }),
    "",
  ],
  [
    "an expired served leaf does not wait",
    state({ served: leaf("A", { notAfter: NOW, fingerprint: "old" }), trustedSince: new Map() }),
    "serve",
  ],
  ["an expired authority is replaced", state({ current: expired, published: [[expired]] }), "found"],
  [
    "a lost key and leaf need a new authority",
    { ...without("leaf"), current: { ...A, canSign: false } },
    "found, previous A",
  ],
  ["a lost key needs a next authority", state({ current: { ...A, canSign: false } }), "prepare"],
  ["an authority of two thirds of its life needs a next one", state({ current: aged, published: [[aged]] }), "prepare"],
  ["a next authority is published beside the current one", state({ current: aged, next: B }), "publish A+B"],
  [
    "a next authority that is not published long enough waits",
    state({ current: aged, next: B, published: [[A, B]], trustedSince: new Map([["B", NOW - SETTLE + 1]]) }),
    "",
  ],
  [
    "a next authority that is published long enough is promoted",
    state({ current: aged, next: B, published: [[A, B]], trustedSince: new Map([["B", NOW - SETTLE]]) }),
    "promote",
  ],
  [
    "a next authority without key is made again",
    state({ current: aged, next: { ...B, canSign: false }, published: [[A, B]] }),
    "prepare",
  ],
  [
    "after promotion the new leaf is served, both stay trusted",
    state({
      current: B,
      previous: A,
      leaf: leaf("B", { notBefore: NOW - BACKDATED }),
      published: [[A, B]],
      trustedSince: new Map([["B", longAgo]]),
    }),
    "serve",
  ],
  [
    "the previous authority stays while replicas fetch the leaf",
    state({ previous: B, published: [[A, B]], leaf: { ...fresh, notBefore: NOW - BACKDATED - RETIRE_AFTER + 1 } }),
    "",
  ],
  [
    "the previous authority goes when they had the time",
    state({ previous: B, published: [[A, B]], leaf: { ...fresh, notBefore: NOW - BACKDATED - RETIRE_AFTER } }),
    "retire",
  ],
  ["an expired previous authority goes", state({ previous: { ...B, notAfter: NOW } }), "retire"],
  [
    "a Secret of another authority (a restored backup) is published before it is served",
    state({ current: B, leaf: leaf("B"), trustedSince: new Map() }),
    "publish B+A",
  ],
];

for (const [name, given, expected] of rows) {
  test(`certificates: ${name}`, () => assert.equal(render(decideCertificates(given, NOW)), expected));
}

test("trust starts when every configuration has the authority, and starts again when one lost it", () => {
  const first = observeTrust(new Map(), [A, B], [[A, B], [A]], 1);
  assert.deepEqual([...first], [["A", 1]]);
  const second = observeTrust(
    first,
    [A, B, undefined],
    [
      [A, B],
      [B, A],
    ],
    2,
  );
  assert.deepEqual(
    [...second],
    [
      ["A", 1],
      ["B", 2],
    ],
  );
  assert.deepEqual([...observeTrust(second, [A, B], [[B], [B, A]], 3)], [["B", 2]]);
});
