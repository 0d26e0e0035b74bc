import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "../sync/metrics.ts";
import { assertMade, read } from "./pages.ts";

// docs/metrics.md lists what sync tells; UPDATE_DOCS=1 rewrites the table.

const EMPTY = new Map<string, never>();

/** The registry of a process that knows no cluster. */
const { registry } = createMetrics({
  clusters: () => EMPTY,
  forgotten: () => new Set(),
  refusals: () => EMPTY,
  credentials: () => EMPTY,
  queue: () => ({ waiting: 0, failing: 0 }),
  count: () => 0,
  isLeader: () => false,
  now: () => 0,
});

/** As prom-client keeps it; label names are not part of its types. */
type Metric = { name: string; help: string; type: string; labelNames?: string[] };

const ours = registry
  .getMetricsAsArray()
  .map((metric) => metric as unknown as Metric)
  .filter(({ name }) => name.startsWith("syndicate_"));

test("the table of metrics is the code's", async () => {
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, `${type}`]));
  const row = ({ name, help, labelNames = [] }: Metric) =>
    `| \`${name}\` | ${types.get(name)} | ${labelNames.map((label) => `\`${label}\``).join(", ")} | ${help} |`;
  const rows = ours.map(row).sort();
  assert.ok(rows.length > 15);
  assertMade(
    "docs/metrics.md",
    "metrics",
    ["| Metric | Type | Labels | Means |", "| --- | --- | --- | --- |", ...rows].join("\n"),
  );
});

test("names follow the conventions, and every one that a page names exists", () => {
  for (const { name, help } of ours) {
    assert.match(name, /^syndicate_[a-z_]+$/);
    assert.ok(help.length > 10 && !help.endsWith("."), `${name}: ${help}`);
  }
  const known = new Set(ours.map(({ name }) => name));
  for (const page of ["docs/metrics.md", "docs/conditions.md", "docs/protocol.md", "docs/install.md"]) {
    const named = [...read(page).matchAll(/`[^`]*?(syndicate_(?!webhook)[a-z_]+)[^`]*`/g)].map(([, name = ""]) => name);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
      page,
    );
  }
});
