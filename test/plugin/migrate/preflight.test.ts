import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts, SideFacts } from "../../../plugin/migrate/facts.ts";
import type { Move } from "../../../plugin/migrate/move.ts";
import { wantNote } from "../../../plugin/migrate/note.ts";
import { planMove } from "../../../plugin/migrate/plan.ts";
import { checkMove } from "../../../plugin/migrate/preflight.ts";
import { renderChecks, renderMoveHead, renderPlan } from "../../../plugin/render/migration.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { type Identity, parseIdentity } from "../../../shared/identity.ts";
import { MODE } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { createService, deleteService, letRest, lookAt, replicated, startPods, webService } from "../model-clusters.ts";
import { backMove, unionMove } from "../moves.ts";

const move = unionMove;

function side(cluster: string, changes: Partial<SideFacts> = {}): SideFacts {
  const number = cluster === "east" ? "1" : "2";
  const identity = parseIdentity({ clusterName: cluster, version: "0.1.0", podCIDRs: `10.${number}.0.0/16` });
  return {
    cluster,
    context: cluster,
    server: `https://${cluster}.example:6443`,
    uid: `${number.repeat(8)}-uid`,
    identity,
    agent: "alive",
    mayPatch: true,
    ...changes,
  };
}

interface Case {
  world?: World;
  move?: Partial<Move>;
  from?: Partial<SideFacts>;
  to?: Partial<SideFacts>;
  readyPods?: number | undefined;
  obstacle?: Facts["obstacle"];
  changed?: Facts["changed"];
}

function check({ world = replicated(), from, to, obstacle, changed, ...given }: Case) {
  const readyPods = "readyPods" in given ? given.readyPods : 3;
  const facts: Facts = {
    from: side("east", from),
    to: side("west", to),
    situation: lookAt(world),
    readyPods,
    obstacle,
    changed,
  };
  return checkMove({ ...move, ...given.move }, facts);
}

function serving(spec: Partial<Service["spec"]>): World {
  const world = replicated(spec);
  letRest(world);
  return world;
}

function ownInBoth(spec: Partial<Service["spec"]> = {}): World {
  const world = replicated();
  deleteService(world, "west");
  createService(world, "west", webService(spec));
  startPods(world, "west", 3);
  letRest(world);
  return world;
}

function declared(mode: string, world = replicated()): World {
  world.annotate("east", { [MODE]: mode });
  letRest(world);
  return world;
}

const identityOf = (data: Record<string, string>) => parseIdentity({ clusterName: "west", version: "0.1.0", ...data });

/** What is refused or warned about, as `state name: detail`. */
const rows: [string, Case, string[]][] = [
  ["all is well", {}, []],
  [
    "one cluster under two contexts",
    { to: { uid: "11111111-uid" } },
    ["fail two different clusters: both contexts lead to the cluster 11111111-uid"],
  ],
  [
    "an identity copied from another cluster",
    { to: { identity: identityOf({ clusterUid: "elsewhere-uid" }) } },
    ["fail two different clusters: the identity published in west is that of another cluster, elsewhere-uid"],
  ],
  [
    "another cluster of the name that the old one knows",
    { from: { identity: { ...identityOf({ clusterName: "east" }), peerUids: { west: "real-west-uid" } } as Identity } },
    [
      "fail two different clusters: the west that east knows is another cluster (real-west-uid) than the one of context west (22222222-uid)",
    ],
  ],
  [
    "another move is open",
    { obstacle: { ...wantNote(backMove, new Map(), false), by: "ana" } },
    ["fail no other move is under way: m-back, west to east, begun 2023-11-14T22:28:20.000Z by ana, is open"],
  ],
  [
    "not as planned",
    { changed: ["from.mode was absent, is union"] },
    ["fail as when it was planned: from.mode was absent, is union; make a new plan"],
  ],
  [
    "not installed",
    { to: { identity: undefined } },
    ["fail syndicate is at work in both: no identity is published in west"],
  ],
  [
    "namespace out of scope",
    { to: { identity: identityOf({ scope: '{"watch":["other"],"exclude":[]}' }) } },
    ["fail syndicate is at work in both: namespace shop is not watched in west (NSTOWATCH, EXCLUDE)"],
  ],
  [
    "versions differ",
    { to: { identity: identityOf({ version: "0.2.0" }) } },
    ["warn syndicate is at work in both: versions 0.1.0 and 0.2.0"],
  ],
  ["a dead sync process", { from: { agent: "silent" } }, ["fail sync processes are alive: no heartbeat in east"]],
  ["no Lease", { to: { agent: "unknown" } }, ["warn sync processes are alive: no Lease to tell it by in west"]],
  ["no right", { to: { mayPatch: false } }, ["fail you may patch the Service: not in west"]],
  [
    "pod networks overlap",
    { to: { identity: identityOf({ podCIDRs: "10.1.128.0/17" }) } },
    ["fail pod networks do not overlap: 10.1.0.0/16 and 10.1.128.0/17 overlap"],
  ],
  ["too few pods", { readyPods: 1 }, ["fail pods ready in west: 1 of 3; start more, or lower it with --min-ready"]],
  ["a percentage is enough", { readyPods: 2, move: { minReady: "50%" } }, []],
  [
    "nonsense for a number",
    { move: { minReady: "many" } },
    ["fail pods ready in west: --min-ready many is neither a number from 1 nor a percentage"],
  ],
  ["pods may not be counted", { readyPods: undefined }, ["warn pods ready in west: you may not list pods there"]],
  [
    "a cutover waits for its pods",
    { readyPods: 0, move: { strategy: "cutover" } },
    ["warn pods ready in west: 0 of 3: east serves until they are there"],
  ],
  [
    "a peer nobody named",
    { from: { identity: parseIdentity({ clusterName: "east", version: "0.1.0", podCIDRs: "", peers: "west,south" }) } },
    ["fail all that take part are seen: south too: name their contexts in --contexts"],
  ],
  [
    "session affinity",
    { world: serving({ sessionAffinity: "ClientIP" }) },
    ["warn session affinity: ClientIP: clients may change pod once"],
  ],
  [
    "a local traffic policy",
    { world: serving({ externalTrafficPolicy: "Local" }) },
    [
      "fail traffic policies: a traffic policy is Local: pods of other clusters are on no node of this one, their traffic would be dropped",
    ],
  ],
  [
    "an own Service there",
    { world: ownInBoth() },
    ["fail west has the Service: its own, with its own clients, which takes no part; --adopt would take it over"],
  ],
  [
    "an own Service there, by consent",
    { world: ownInBoth(), move: { adopt: true } },
    ["warn west has the Service: its own, with its own clients, which takes no part; --adopt takes it over"],
  ],
  [
    "ports differ",
    { world: ownInBoth({ ports: [{ port: 81 }] }), move: { adopt: true } },
    [
      "warn west has the Service: its own, with its own clients, which takes no part; --adopt takes it over",
      "fail ports agree: ports differ: http 80/TCP against - 81/TCP",
    ],
  ],
  [
    "another selector there",
    { world: ownInBoth(), move: { adopt: true, selector: { app: "new" } } },
    [
      "warn west has the Service: its own, with its own clients, which takes no part; --adopt takes it over",
      "fail selector in west: the Service there selects otherwise; change its selector itself, not by --selector",
    ],
  ],
  [
    "singular is replicated nowhere",
    { world: declared("singular") },
    [
      "fail east serves it: there it is singular",
      "fail west has the Service: no replica of it is in west",
      "fail selector in west: none is known; give it with --selector app=…",
    ],
  ],
  [
    "the wrong direction",
    { move: { from: "west", to: "east" } },
    ["fail west serves it: there it is replica; east serves it"],
  ],
  ["a union that has begun", { world: declared("union") }, []],
];

for (const [name, given, expected] of rows) {
  test(name, () => {
    const found = check(given).filter(({ state }) => state !== "ok");
    assert.deepEqual(
      found.map((one) => `${one.state} ${one.name}: ${one.detail}`),
      expected,
    );
  });
}

test("a cluster that cannot be read refuses the move", () => {
  const world = replicated();
  world.cluster("west").reachable = false;
  assert.ok(check({ world }).some(({ state, detail }) => state === "fail" && detail === "west cannot be read"));
});

test("something under way refuses the move, and says what", () => {
  const world = replicated();
  startPods(world, "east", 5);
  world.runNative("east");
  assert.ok(
    check({ world }).some(
      ({ name, state, detail }) =>
        name === "replicated and in sync" && state === "fail" && /west: under way: copy of east/.test(detail),
    ),
  );
});

test("plan and preflight as printed", () => {
  const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");
  const text = (["union", "cutover"] as const).flatMap((strategy) => {
    const asked: Move = { ...move, strategy, selector: { app: "web", tier: "new" } };
    const checks = check({ move: asked, readyPods: 2 });
    return [
      ...renderMoveHead(asked, side("east"), side("west"), paint),
      "",
      ...renderChecks(checks, paint),
      "",
      ...renderPlan(planMove(asked, 5000), paint),
      "",
    ];
  });
  assertGolden("migrate-plan.txt", text.join("\n"));
});
