import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { CliError } from "../../../plugin/exit.ts";
import type { Io } from "../../../plugin/io.ts";
import type { StatusModel } from "../../../plugin/status/model.ts";
import { readStatusOptions } from "../../../plugin/status/options.ts";
import { follow } from "../../../plugin/status/watching.ts";
import { assertGolden } from "../golden.ts";
import { replicated } from "../model-clusters.ts";
import { recordIo } from "../recorded-io.ts";
import { moved, statusOf, union } from "./worlds.ts";

const cluster = { name: "east", context: "east", server: "https://east.example", reachable: true, installed: true };
const [alone, both, there] = [replicated(), union(), moved()].map(statusOf);
assert.ok(alone && both && there);
const at = (...services: (typeof alone)[]): StatusModel => ({ clusters: [cluster], services });
const dark: StatusModel = {
  clusters: [{ ...cluster, reachable: false, problem: "no answer: timed out" }],
  services: [],
};

/** A clock whose waits are over at once, and remembered. */
function hurry(): { clock: Io["clock"]; waited: number[] } {
  let now = 0;
  const waited: number[] = [];
  const after = (ms: number, callback: () => void) => {
    waited.push(ms);
    now += ms;
    queueMicrotask(callback);
    return () => undefined;
  };
  return { clock: { now: () => now, after }, waited };
}

/** Shows these models one after the other; Ctrl-C follows the last, unless what is waited for ends it first. */
async function watch(
  flags: Record<string, string | boolean>,
  models: readonly StatusModel[],
  changes: Partial<Io> = {},
) {
  const stop = new AbortController();
  const { clock, waited } = hurry();
  const io = recordIo({ clock, signal: stop.signal, ...changes });
  const options = readStatusOptions(
    { timeout: "30s", "allow-missing-template-keys": true, ...flags },
    { contextFlags: "", color: "never", namespace: "shop" },
  );
  let i = 0;
  const collect = async () => {
    const model = models[Math.min(i, models.length - 1)];
    if (i++ >= models.length && !options.wish) stop.abort("SIGINT");
    assert.ok(model);
    return model;
  };
  const code = await follow(collect, options, io);
  return { code, out: io.out(), err: io.err(), waited };
}

test("a list: all of it once, then what changed", async () => {
  const other = { ...alone, name: "cart" };
  const shown = await watch({ watch: true }, [
    at(alone, other),
    at(alone, other),
    at(both, other),
    dark,
    at(there, other),
  ]);
  assert.equal(shown.code, 130);
  assertGolden("watch-list.txt", `${shown.out}--- stderr\n${shown.err}`);
});

test("a list without its beginning", async () => {
  const { out } = await watch({ "watch-only": true, "no-headers": true }, [at(alone), at(both)]);
  assert.match(out, /^web +union/);
  assert.equal(out.split("\n").length, 2);
});

test("a stream of JSON: one object a line", async () => {
  const { out } = await watch({ watch: true, output: "json" }, [at(alone), at(both)]);
  const kinds = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).kind);
  assert.deepEqual(kinds, ["ServiceStatus", "ServiceStatus"]);
});

test("one Service in a pipe: printed anew at each change", async () => {
  const { out } = await watch({ watch: true, service: "web" }, [at(), at(alone), at(alone), at(both)]);
  assertGolden("watch-tree.txt", out);
});

test("one Service on a terminal: redrawn in place, cut off below", async () => {
  const written: string[] = [];
  const stdout = { write: (text: string) => void written.push(text), isTTY: true, columns: 60, rows: 6 };
  await watch({ watch: true, service: "web" }, [at(alone), at(both)], { stdout });
  assert.equal(written.length, 2);
  assert.equal(written[0]?.split("\n").length, 6);
  assert.match(stripVTControlCharacters(written[0] ?? ""), /… \d+ more lines\n$/);
  assert.ok(written[1]?.startsWith("\x1b[5A"));
});

test("--for: silent until it holds, then the answer and 0; a Service that is not there yet is waited for", async () => {
  const { code, out, waited } = await watch({ service: "web", for: "serving=west" }, [at(), dark, at(both), at(there)]);
  assert.equal(code, 0);
  assert.match(out, /^Intent: +source at west/m);
  assert.deepEqual(waited, [500, 500, 500]);
});

test("--for with no end in time: 3, what was seen, and how to go on", async () => {
  const { code, out, err } = await watch({ service: "web", for: "serving=west", timeout: "2s" }, [at(both)]);
  assert.equal(code, 3);
  assert.match(out, /^Intent: +union/m);
  assert.match(err, /timed out after 2s waiting for shop\/web to be serving=west\nnext: /);
});

test("SIGTERM ends with 143", async () => {
  const stop = new AbortController();
  stop.abort("SIGTERM");
  assert.equal((await watch({ watch: true }, [at(alone)], { signal: stop.signal })).code, 143);
});

test("flags that exclude each other", () => {
  const place = { contextFlags: "", color: "never", namespace: "shop" };
  const bad: Record<string, string | boolean>[] = [
    { service: "web", "all-namespaces": true },
    { service: "web", selector: "a=b" },
    { for: "ever" },
    { output: "xml" },
    { output: "jsonpath" },
    { output: "jsonpath={.a" },
  ];
  for (const values of bad) assert.throws(() => readStatusOptions({ timeout: "0", ...values }, place), CliError);
});
