import assert from "node:assert/strict";
import { test } from "node:test";
import { GLOBAL_FLAGS } from "../../plugin/flags/global.ts";
import { VERBS } from "../../plugin/flags/verbs.ts";
import { findKubectl } from "../lab/binaries/kubectl.ts";
import { runOrThrow } from "../lab/process.ts";

test("every flag of `kubectl options` is one of every command, with the same short form", async () => {
  const kubectl = await findKubectl(() => undefined, process.env);
  const text = await runOrThrow([kubectl, "options"], {});
  const listed = [...text.matchAll(/^ {4}(?:-(\w), )?--([a-z-]+)=/gm)].map(([, short, name = ""]) => ({
    short,
    name,
  }));
  assert.ok(listed.length >= 20, text);
  // Which cluster is meant differs from command to command, so --context is a flag of those that it fits.
  const missing = listed.filter(
    ({ short, name }) =>
      name !== "context" && !GLOBAL_FLAGS.some((flag) => flag.name === name && (name === "v" || flag.short === short)),
  );
  assert.deepEqual(missing, []);
  const withContext = VERBS.filter(({ flags }) => flags.some(({ name }) => name === "context")).map(({ name }) => name);
  assert.deepEqual(withContext.sort(), [
    "check",
    "events",
    "install",
    "link",
    "links",
    "set",
    "status",
    "trace",
    "uninstall",
    "unlink",
    "version",
  ]);
});

test("no command spells a flag twice", () => {
  for (const { name, flags } of VERBS) {
    const all = [...flags, ...GLOBAL_FLAGS];
    const spelt = all.flatMap((flag) => [`--${flag.name}`, ...(flag.short === undefined ? [] : [`-${flag.short}`])]);
    assert.deepEqual(spelt, [...new Set(spelt)], name);
  }
});
