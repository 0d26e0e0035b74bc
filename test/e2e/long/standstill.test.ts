import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LabProcess } from "../../lab/lab.ts";
import { Application } from "../application.ts";
import { finishMove, type Move, startMove, startNewPods, together, waitUnion } from "../recipes.ts";
import { type Side, scenario, useWorld } from "../world.ts";

// Whoever stands still within a move: the leading sync processes, which go on when others lead; etcd, which answers nobody.

const world = useWorld({ webhook: true });

/** Longer than a lease lasts, and than a connection is waited for. */
const STANDSTILL_MS = 45_000;
const ETCD_MS = 10_000;

async function begin(t: TestContext, name: string): Promise<Move> {
  const move = await startMove(t, world, new Application(name));
  await startNewPods(world, move);
  return move;
}

/** The rest of the way, for moves on their way into a union. */
async function finish(...moves: Move[]): Promise<void> {
  await together(
    ...moves.map(async (move) => {
      await waitUnion(world, move);
      await move.app.declare(world.west, "source");
      await finishMove(world, move, "min-ready-seconds");
    }),
  );
}

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

scenario(world, "the leaders stand still within a move, and go on when others have taken over", async (t) => {
  const [united, undecided] = [await begin(t, "leaders-a"), await begin(t, "leaders-b")];
  const seconds = await Promise.all(world.sides.map(startSecond));
  const leaders = world.sides.map(({ agent }) => agent.sync);
  await united.app.declare(world.east, "union");
  await sleep(500);
  for (const leader of leaders) leader.kill("SIGSTOP");
  // The webhook gets no advice, and lets pass what is legal by itself.
  await undecided.app.declare(world.east, "union");
  await sleep(STANDSTILL_MS);
  for (const leader of leaders) leader.kill("SIGCONT");
  await finish(united, undecided);
  for (const second of seconds) second.kill();
});

scenario(world, "etcd is gone for a while in one cluster after the other within a move", async (t) => {
  const [united, uniting] = [await begin(t, "etcd-a"), await begin(t, "etcd-b")];
  await united.app.declare(world.east, "union");
  await waitUnion(world, united);
  await Promise.all([united.app.declare(world.west, "source"), uniting.app.declare(world.east, "union")]);
  for (const { cluster } of world.sides) {
    await cluster.stopEtcd();
    await sleep(ETCD_MS);
    await cluster.startEtcd();
    await sleep(1000);
  }
  await together(finishMove(world, united, "min-ready-seconds"), finish(uniting));
});
