import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterStatus } from "../../../plugin/status/model.ts";
import { readStatusOptions } from "../../../plugin/status/options.ts";
import { printStatus } from "../../../plugin/status/printing.ts";
import { recordIo } from "../recorded-io.ts";

function cluster(name: string, reachable: boolean): ClusterStatus {
  const problem = reachable ? {} : { problem: "no answer: timed out" };
  return { name, context: name, server: `https://${name}`, reachable, installed: reachable, ...problem };
}

/** What is said where no Service is found. */
function sayNothing(clusters: readonly ClusterStatus[], flags: Record<string, string | boolean> = {}): string {
  const io = recordIo();
  const options = readStatusOptions(
    { timeout: "0", ...flags },
    { contextFlags: "", color: "never", namespace: "shop" },
  );
  printStatus({ clusters, services: [] }, options, io);
  assert.equal(io.out(), "");
  return io.err().split("\n")[0] ?? "";
}

const rows: [string, readonly ClusterStatus[], Record<string, string | boolean>, string][] = [
  ["all answered", [cluster("east", true)], {}, "No Service takes part in namespace shop."],
  ["in all namespaces", [cluster("east", true)], { "all-namespaces": true }, "No Service takes part."],
  ["by labels", [cluster("east", true)], { selector: "a=b" }, "No Service matching a=b takes part in namespace shop."],
  [
    "one did not answer",
    [cluster("east", true), cluster("west", false)],
    {},
    "No Service takes part in namespace shop in east; the others did not answer.",
  ],
  ["nobody answered", [cluster("west", false)], {}, "Nothing is known: no cluster answered."],
];

for (const [name, clusters, flags, line] of rows) {
  test(`no Service, ${name}`, () => assert.equal(sayNothing(clusters, flags), line));
}
