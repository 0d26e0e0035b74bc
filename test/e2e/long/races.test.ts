import { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sameIntent } from "../../../shared/intent.ts";
import { MODE } from "../../../shared/keys.ts";
import type { Mode } from "../../../shared/mode.ts";
import type { LabProcess } from "../../lab/lab.ts";
import { Application, readStanding, removeAtOnce } from "../application.ts";
import { type Move, startMove, startNewPods, waitUnion } from "../recipes.ts";
import { afterwards, settle, waitAtRest, waitReplicated } from "../rest.ts";
import { startTraffic } from "../traffic.ts";
import { waitFor } from "../waiting.ts";
import { type Side, scenario, useWorld } from "../world.ts";

// What people and machines do at the worst moment. Whatever wins, nobody's request is lost.

const world = useWorld({ webhook: true });

/** Waits until all sides carry one intent, whichever it is, and are in sync. */
async function waitAgreed({ app }: Move): Promise<void> {
  await waitFor(`one intent for ${app.name}`, async () => {
    const found = await Promise.all(world.sides.map((side) => readStanding(app, side)));
    const first = found[0]?.intent;
    const agreed = found.every(({ intent, condition }) => sameIntent(intent, first) && condition?.status === "True");
    return agreed
      ? { done: undefined }
      : { seen: JSON.stringify(found.map(({ intent, condition }) => [intent, condition])) };
  });
}

/** Hands over to west whatever was said before, and takes the old pods away at once. */
async function finish(move: Move): Promise<void> {
  const { app, first, traffic } = move;
  if ((await readStanding(app, world.west)).service?.metadata.annotations?.[MODE] !== "source")
    await app.declare(world.west, "source");
  await waitAtRest(app, world.sides, { mode: "source", at: "west" }, 240);
  await settle();
  await removeAtOnce(first);
  await afterwards();
  await traffic.stopWithoutLoss();
}

async function apply(app: Application, side: Side): Promise<void> {
  const result = await side.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(app.manifest()));
  if (result.code !== 0) throw new Error(`kubectl apply in ${side.name}: ${result.stderr}`);
}

async function begin(t: TestContext, name: string): Promise<Move> {
  const move = await startMove(t, world, new Application(name));
  await startNewPods(world, move);
  return move;
}

const pairs: [east: Mode, west: Mode][] = [
  ["union", "source"],
  ["receiver", "union"],
  ["source", "source"],
  ["receiver", "receiver"],
];

describe("races", { concurrency: 6 }, () => {
  for (const [inEast, inWest] of pairs) {
    scenario(world, `${inEast} in the old and ${inWest} in the new cluster at the same moment`, async (t) => {
      const move = await begin(t, `${inEast}-${inWest}`);
      // One of them may be refused: by then the other one is known.
      await Promise.allSettled([move.app.declare(world.east, inEast), move.app.declare(world.west, inWest)]);
      await waitAgreed(move);
      await finish(move);
    });
  }

  scenario(world, "the manifest is applied again and again during a move", async (t) => {
    const move = await begin(t, "applied");
    const { app } = move;
    await apply(app, world.east);
    await app.declare(world.east, "union");
    for (let i = 0; i < 3; i++) {
      await sleep(300);
      await Promise.all(world.sides.map((side) => apply(app, side)));
    }
    await waitUnion(world, move);
    await app.declare(world.west, "source");
    for (let i = 0; i < 3; i++) {
      await sleep(300);
      await apply(app, world.east);
    }
    await finish(move);
  });

  scenario(
    world,
    "a Service deleted and made again at once, before and during a union: followed as before",
    async (t) => {
      const { east, west, sides } = world;
      const app = new Application("reborn");
      await app.prepare(world);
      await app.startPods(east, 2);
      await app.create(east);
      await waitReplicated(app, west, east);
      const again = async () => {
        await east.cluster.call("DELETE", `/api/v1/namespaces/${app.namespace}/services/${app.name}`);
        await app.create(east);
      };
      await again();
      await waitReplicated(app, west, east);
      await app.declare(east, "union");
      await waitAtRest(app, sides, { mode: "union", at: "east" });
      await again();
      await waitAtRest(app, sides, { mode: "union", at: "east" });
      const traffic = await startTraffic(t, app, sides);
      await afterwards();
      await traffic.stopWithoutLoss();
    },
  );
});

/** A second sync process beside that of a cluster. */
function startSecond({ name, cluster }: Side): Promise<LabProcess> {
  const folder = `${world.lab.dir}/agents/${name}`;
  const main = fileURLToPath(new URL("../../../sync/main.ts", import.meta.url));
  const files = [
    `--kubeconfig=${folder}/kubeconfig`,
    `--peers-dir=${folder}/peers`,
    `--cert-dir=${folder}/certificates`,
  ];
  const args = [main, ...files, "--webhook-host=127.0.0.1", "--port=18080", "--advice-port=18081"];
  return cluster.spawn("second-sync", process.execPath, args, { env: { CLUSTER_NAME: name, LOG_LEVEL: "debug" } });
}

scenario(
  world,
  "the leaders stand still for a minute within a move, and go on when others have taken over",
  async (t) => {
    const moves = [await begin(t, "stopped-a"), await begin(t, "stopped-b")];
    const seconds = await Promise.all(world.sides.map(startSecond));
    const leaders = world.sides.map(({ agent }) => agent.sync);
    const [united, undecided] = moves as [Move, Move];
    await united.app.declare(world.east, "union");
    await sleep(500);
    for (const leader of leaders) leader.kill("SIGSTOP");
    // The webhook gets no advice, and lets pass what is legal by itself.
    await undecided.app.declare(world.east, "union");
    await sleep(60_000);
    for (const leader of leaders) leader.kill("SIGCONT");
    await Promise.all(moves.map((move) => waitUnion(world, move)));
    await Promise.all(moves.map(finish));
    for (const second of seconds) second.kill();
  },
);

scenario(world, "etcd stands still in one cluster after the other within a move", async (t) => {
  const moves = [await begin(t, "etcd-a"), await begin(t, "etcd-b")];
  const [united, uniting] = moves as [Move, Move];
  await united.app.declare(world.east, "union");
  await waitUnion(world, united);
  await Promise.all([united.app.declare(world.west, "source"), uniting.app.declare(world.east, "union")]);
  for (const { cluster } of world.sides) {
    await cluster.stopEtcd();
    await sleep(10_000);
    await cluster.startEtcd();
    await sleep(1000);
  }
  await waitUnion(world, uniting);
  await Promise.all(moves.map(finish));
});
