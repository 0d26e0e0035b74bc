import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decideInstall,
  type InstallWish,
  parseSettings,
  type ServerVersion,
} from "../../../plugin/install/decision.ts";
import type { Installed } from "../../../plugin/install/installed.ts";
import { defaultSettings } from "../../../plugin/install/manifests.ts";

const wish: InstallWish = {
  name: "east",
  image: "x:1",
  settings: {},
  webhook: "auto",
  createNamespaces: undefined,
};
const nothing: InstallWish = { ...wish, name: undefined, image: undefined };
const version = (minor: number, major = 1): ServerVersion => ({ text: `v${major}.${minor}`, major, minor });
const installed: Installed = {
  settings: { CLUSTER_NAME: "east", EXCLUDE: "kube-system,dev" },
  image: "old:1",
  createNamespaces: true,
  webhook: "ignore",
};

const refusals: [string, InstallWish, Installed | undefined, ServerVersion, RegExp][] = [
  ["no name", { ...wish, name: undefined }, undefined, version(30), /--name/],
  ["a name that is no label", { ...wish, name: "East!" }, undefined, version(30), /"East!" is no DNS label/],
  ["another name than before", { ...wish, name: "west" }, installed, version(30), /is called east/],
  ["no image", { ...wish, image: undefined }, undefined, version(30), /--image/],
  [
    "a setting that is none",
    { ...wish, settings: { NSTOWACH: "a" } },
    undefined,
    version(30),
    /no setting NSTOWACH; .*NSTOWATCH/,
  ],
  [
    "the name as a setting",
    { ...wish, settings: { CLUSTER_NAME: "a" } },
    undefined,
    version(30),
    /no setting CLUSTER_NAME/,
  ],
  ["a server too old", wish, undefined, version(19), /too old/],
  ["match conditions on an old server", { ...wish, webhook: "fail" }, undefined, version(29), /from 1.30 on/],
];

for (const [name, given, before, server, words] of refusals) {
  test(`install refuses: ${name}`, () => {
    assert.match(decideInstall(given, before, server, defaultSettings()).problems.join("; "), words);
  });
}

test("install: the webhook is waited for where the server can tell whose Services are meant", () => {
  const policies = [20, 29, 30, 36].map(
    (minor) => decideInstall(wish, undefined, version(minor), defaultSettings()).options.webhook,
  );
  assert.deepEqual(policies, ["ignore", "ignore", "fail", "fail"]);
  assert.equal(decideInstall(wish, undefined, version(0, 2), defaultSettings()).options.webhook, "fail");
  assert.equal(decideInstall(wish, undefined, undefined, defaultSettings()).options.webhook, "ignore");
});

test("install: an upgrade keeps what the webhook is, unless it is said anew or not registered", () => {
  const policyOf = (webhook: InstallWish["webhook"], before: Installed["webhook"]) =>
    decideInstall({ ...nothing, webhook }, { ...installed, webhook: before }, version(30), defaultSettings()).options
      .webhook;
  assert.deepEqual(
    [policyOf("auto", "ignore"), policyOf("auto", "fail"), policyOf("auto", undefined)],
    ["ignore", "fail", "fail"],
  );
  assert.deepEqual([policyOf("fail", "ignore"), policyOf("ignore", "fail")], ["fail", "ignore"]);
});

test("install: an upgrade keeps name, image, settings and the right to make namespaces", () => {
  const { problems, options } = decideInstall(nothing, installed, version(20), defaultSettings());
  assert.deepEqual(problems, []);
  assert.deepEqual(options, {
    settings: installed.settings,
    image: "old:1",
    webhook: "ignore",
    createNamespaces: true,
  });
  const off = decideInstall({ ...nothing, createNamespaces: false }, installed, version(20), defaultSettings());
  assert.equal(off.options.createNamespaces, false);
  const changed = decideInstall(
    { ...nothing, image: "new:2", settings: { EXCLUDE: "" } },
    installed,
    version(20),
    defaultSettings(),
  );
  assert.deepEqual([changed.options.image, changed.options.settings["EXCLUDE"]], ["new:2", ""]);
});

test("settings on the command line", () => {
  assert.deepEqual(parseSettings("EXCLUDE=a,b;NSTOWATCH="), { EXCLUDE: "a,b", NSTOWATCH: "" });
  assert.deepEqual(parseSettings(undefined), {});
  assert.match(String(parseSettings("exclude=a")), /is not KEY=VALUE/);
});
