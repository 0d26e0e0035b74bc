import assert from "node:assert/strict";
import { test } from "node:test";
import { CONDITION_IN_SYNC, SKIP_MIRROR } from "../../../shared/keys.ts";
import type { Snapshot } from "../../../shared/protocol/snapshot.ts";
import { endpointsWaitMs } from "../../../shared/protocol/steps/endpoints.ts";

interface Given {
  /** Milliseconds since our first and last write of copies that the Endpoints have not followed. */
  written?: { first: number; last: number };
  changing?: boolean;
  status?: "True" | "False" | "none";
  endpoints?: "ours" | "native" | "none";
}

const NOW = 1_000_000;

function snapshotOf({ written, status = "True", endpoints = "ours" }: Given): Snapshot {
  const metadata = { name: "web", namespace: "shop" };
  const condition = { type: CONDITION_IN_SYNC, reason: "", message: "" };
  const conditions = status === "none" ? [] : [{ ...condition, status }];
  const labels = endpoints === "ours" ? { [SKIP_MIRROR]: "true" } : {};
  const view = {
    name: "west",
    listed: true,
    namespace: true,
    service: { metadata, spec: {}, status: { conditions } },
    ...(endpoints === "none" ? {} : { endpoints: { metadata: { ...metadata, labels } } }),
    slices: [],
    shadowSlices: [],
    podCIDRs: [],
  };
  return {
    key: metadata,
    own: "west",
    clusters: new Map([["west", view]]),
    settings: { unionSelector: "strip", endpoints: "mirror" },
    now: NOW,
    since: new Map(),
    ...(written ? { copiesWritten: { first: NOW - written.first, last: NOW - written.last } } : {}),
  };
}

const CASES: [string, Given, number][] = [
  ["nothing was written", {}, 0],
  ["copies are being written", { changing: true }, 1_000],
  ["copies were written just now", { written: { first: 0, last: 0 } }, 1_000],
  ["copies rest", { written: { first: 5_000, last: 1_000 } }, 0],
  ["copies change all the time", { written: { first: 15_000, last: 10 }, changing: true }, 1_000],
  ["the longest wait is nearly over", { written: { first: 19_700, last: 0 } }, 300],
  ["the longest wait is over", { written: { first: 20_000, last: 0 }, changing: true }, 0],
  ["the Service is not in sync", { changing: true, status: "False" }, 0],
  ["nobody said yet that it is in sync", { changing: true, status: "none" }, 0],
  ["there are no Endpoints yet", { changing: true, endpoints: "none" }, 0],
  ["the Endpoints are those of the native controller", { changing: true, endpoints: "native" }, 0],
];

for (const [what, given, ms] of CASES) {
  test(`${what}: Endpoints wait ${ms} ms`, () => {
    assert.equal(endpointsWaitMs(snapshotOf(given), given.changing), ms);
  });
}
