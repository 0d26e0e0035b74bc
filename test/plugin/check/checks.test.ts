import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBetween } from "../../../plugin/check/between.ts";
import { checkCluster, nameSome } from "../../../plugin/check/checks.ts";
import type { ClusterFacts } from "../../../plugin/check/facts.ts";
import { countChecks, renderReport } from "../../../plugin/check/rendering.ts";
import type { LinkStatus } from "../../../plugin/link/link-status.ts";
import type { Check } from "../../../plugin/migrate/facts.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import type { Identity } from "../../../shared/identity.ts";
import { assertGolden } from "../golden.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");

function identityOf(clusterName: string, peers: readonly string[], version = "0.1.0"): Identity {
  const settings = { unionSelector: "strip", endpoints: "mirror" } as const;
  return { clusterName, version, podCIDRs: [], scope: { watch: [], exclude: [] }, settings, peers };
}

function linkTo(peer: string, changes: Partial<LinkStatus> = {}): LinkStatus {
  return { cluster: "east", peer, server: "https://x", credential: "token", podCIDRs: [], state: "ok", ...changes };
}

/** A cluster with which all is well. */
function cluster(name: string, peer: string, changes: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    status: { name, context: name, server: `https://${name}.example:6443`, reachable: true, installed: true },
    identity: identityOf(name, [peer]),
    version: { text: "v1.30.1", major: 1, minor: 30 },
    uid: `uid-${name}`,
    agent: "alive",
    rights: [{ what: "patch services", allowed: true }],
    webhook: { state: "asked", detail: "it refused a dry run it must refuse" },
    links: [linkTo(peer, { cluster: name })],
    leftovers: { orphans: [], frozen: [], owned: [] },
    skewMs: 200,
    podCIDRs: [name === "east" ? "10.1.0.0/16" : "10.2.0.0/16"],
    ...changes,
  };
}

const east = (changes: Partial<ClusterFacts> = {}) => cluster("east", "west", changes);
const west = (changes: Partial<ClusterFacts> = {}) => cluster("west", "east", changes);
const stateOf = (checks: readonly Check[], name: string) => checks.find((check) => check.name === name)?.state;

test("all is well", () => {
  const checks = [...checkCluster(east(), NOW), ...checkBetween([east(), west()], { total: 3, bad: [] })];
  assert.deepEqual(
    checks.filter(({ state }) => state !== "ok"),
    [],
  );
  assert.equal(checks.length, 15);
});

const single: [string, Partial<ClusterFacts>, string, Check["state"]][] = [
  ["no identity", { identity: undefined }, "syndicate is installed", "fail"],
  ["no heartbeat", { agent: "silent" }, "its sync process is alive", "fail"],
  ["no Lease to read", { agent: "unknown" }, "its sync process is alive", "warn"],
  [
    "a right is missing",
    { rights: [{ what: "list pods", allowed: false }] },
    "you may do what the commands need",
    "warn",
  ],
  [
    "rights unknown",
    { rights: [{ what: "list pods", allowed: undefined }] },
    "you may do what the commands need",
    "warn",
  ],
  ["webhook not asked", { webhook: { state: "silent", detail: "" } }, "the webhook is asked", "fail"],
  ["webhook does not answer", { webhook: { state: "broken", detail: "" } }, "the webhook is asked", "fail"],
  ["no webhook", { webhook: { state: "absent", detail: "" } }, "the webhook is asked", "warn"],
  ["no links", { links: [] }, "it reads its peers", "fail"],
  ["a link sync refuses", { links: [linkTo("west", { state: "refused" })] }, "it reads west", "fail"],
  [
    "a link sync refuses, by its own word alone",
    { links: undefined as never, identity: { ...identityOf("east", ["west"]), peersRefused: { west: "another uid" } } },
    "it reads west",
    "fail",
  ],
  ["links that may not be read", { links: undefined as never }, "it reads its peers", "warn"],
  [
    "a peer that is forgotten",
    { links: [linkTo("west", { state: "forgotten", ends: "2026-11-20T10:00:00Z" })] },
    "it reads west",
    "warn",
  ],
  ["a link not taken up", { links: [linkTo("west", { state: "waiting" })] }, "it reads west", "warn"],
  ["a link that ends soon", { links: [linkTo("west", { ends: "2026-11-22T10:00:00Z" })] }, "it reads west", "warn"],
  [
    "a link that ends in a year",
    { links: [linkTo("west", { ends: "2027-11-22T10:00:00Z" })] },
    "it reads its peers",
    "ok",
  ],
  [
    "a link that cannot be tried from here",
    { links: [linkTo("west", { state: "unknown" })] },
    "it reads its peers",
    "ok",
  ],
  [
    "frozen slices",
    { leftovers: { orphans: [], frozen: ["shop/web"], owned: [] } },
    "no slices of former selectors",
    "warn",
  ],
  [
    "orphans",
    { leftovers: { orphans: ["Service shop/x"], frozen: [], owned: [] } },
    "nothing of ours is orphaned",
    "warn",
  ],
  [
    "a Service that Argo CD applies",
    { leftovers: { orphans: [], frozen: [], owned: [{ service: "shop/web", tool: "Argo CD" }] } },
    "no other tool puts Services back",
    "warn",
  ],
];

for (const [name, changes, check, state] of single) {
  test(`check: ${name}`, () => assert.equal(stateOf(checkCluster(east(changes), NOW), check), state));
}

test("whoever declares no pod networks is named in the command", () => {
  const silent = west({ podCIDRs: [], status: { ...west().status, context: "admin@west 1" } });
  const next = checkBetween([east(), silent], undefined).flatMap((check) => check.next ?? []);
  assert.deepEqual(next, ["kubectl syndicate install --context 'admin@west 1' --set POD_CIDRS=…"]);
});

const pairs: [string, ClusterFacts[], string, Check["state"]][] = [
  ["one cluster by two contexts", [east(), west({ uid: "uid-east" })], "different clusters", "fail"],
  [
    "two versions",
    [east(), west({ identity: identityOf("west", ["east"], "0.2.0") })],
    "one version of syndicate",
    "warn",
  ],
  ["a link one way", [east(), west({ identity: identityOf("west", []) })], "links go both ways", "fail"],
  [
    "no link at all",
    [east({ identity: identityOf("east", []) }), west({ identity: identityOf("west", []) })],
    "links go both ways",
    "fail",
  ],
  [
    "a peer that was not looked at",
    [east({ identity: identityOf("east", ["west", "far"]) }), west()],
    "links go both ways",
    "warn",
  ],
  ["pod networks that overlap", [east(), west({ podCIDRs: ["10.1.4.0/24"] })], "pod networks do not overlap", "fail"],
  ["pod networks nobody declares", [east(), west({ podCIDRs: [] })], "pod networks do not overlap", "warn"],
  ["clocks a minute apart", [east(), west({ skewMs: -60_000 })], "clocks agree", "warn"],
  ["clocks six minutes apart", [east({ skewMs: 360_000 }), west()], "clocks agree", "fail"],
];

for (const [name, clusters, check, state] of pairs) {
  test(`check: ${name}`, () => assert.equal(stateOf(checkBetween(clusters, undefined), check), state));
}

test("check: no time told, Services not in sync, a cluster that does not answer", () => {
  const { skewMs: _, ...timeless } = east();
  assert.equal(stateOf(checkBetween([timeless], undefined), "clocks agree"), "warn");
  const bad = [{ service: "shop/web", reason: "Holding" }];
  assert.equal(stateOf(checkBetween([east()], { total: 2, bad }), "Services are in sync"), "warn");
  const gone = { ...east().status, reachable: false, problem: "no answer: connect ECONNREFUSED" };
  const checks = checkCluster({ status: gone, identity: undefined }, NOW);
  assert.deepEqual(
    checks.map(({ state }) => state),
    ["fail"],
  );
});

test("what check prints, in short and all of it", () => {
  const clusters = [east({ webhook: { state: "silent", detail: "a dry run it must refuse was accepted" } }), west()];
  const groups = [
    ...clusters.map((facts) => ({
      title: `${facts.status.name} (context ${facts.status.context})`,
      checks: checkCluster(facts, NOW),
    })),
    {
      title: "between clusters",
      checks: checkBetween(clusters, { total: 2, bad: [{ service: "shop/web", reason: "Holding" }] }),
    },
  ];
  assert.deepEqual(countChecks(groups), { failed: 1, warnings: 1, passed: 22 });
  const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");
  const text = [...renderReport(groups, paint, false), "", ...renderReport(groups, paint, true)];
  assertGolden("check.txt", `${text.join("\n")}\n`);
  assert.equal(nameSome(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
});
