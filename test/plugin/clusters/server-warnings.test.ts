import assert from "node:assert/strict";
import { test } from "node:test";
import { createWarningSink } from "../../../plugin/clusters/server-warnings.ts";

const ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

test("a warning is told once, one about our own reads never", () => {
  const lines: string[] = [];
  const warn = createWarningSink((line) => lines.push(line), false);
  for (const text of ["ports overlap", ENDPOINTS, "ports overlap", "late"]) warn(text);
  assert.deepEqual(lines, ["Warning: ports overlap\n", "Warning: late\n"]);
});

test("as an error the first one is thrown, one about our own reads never", () => {
  const warn = createWarningSink(assert.fail, true);
  warn(ENDPOINTS);
  assert.throws(() => warn("ports overlap"), /--warnings-as-errors is set: ports overlap/);
});
