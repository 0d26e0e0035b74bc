import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LEASE, SYSTEM_NAMESPACE } from "../../../shared/keys.ts";
import { leases } from "../../../shared/kube/resources.ts";
import type { Lease } from "../../../sync/lease.ts";
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

/** Instance name of the second sync processes; the first go by the machine's. */
const SECOND = "second-sync";

/** Whether the second sync process of a cluster holds the Lease. */
async function isSecondLeading({ client }: Side): Promise<boolean> {
  const { spec } = await client.get<Lease>(leases.one(SYSTEM_NAMESPACE, LEASE));
  return spec?.holderIdentity === SECOND;
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
  const env = { CLUSTER_NAME: name, POD_NAME: SECOND, LOG_LEVEL: "debug" };
  return cluster.spawn(SECOND, process.execPath, args, { env });
}

scenario(world, "the leaders stand still within a move, and go on when others have taken over", async (t) => {
  const [united, undecided] = [await begin(t, "leaders-a"), await begin(t, "leaders-b")];
  const seconds = await Promise.all(world.sides.map(startSecond));
  const leaders = world.sides.map(({ agent }) => agent.sync);
  await united.app.declare(world.east, "union");
  await sleep(500);
  assert.deepEqual(await Promise.all(world.sides.map(isSecondLeading)), [false, false]);
  for (const leader of leaders) leader.kill("SIGSTOP");
  // The webhook gets no advice, and lets pass what is legal by itself.
  await undecided.app.declare(world.east, "union");
  await sleep(STANDSTILL_MS);
  assert.deepEqual(await Promise.all(world.sides.map(isSecondLeading)), [true, true]);
  // Declared when the first stood still already: whoever brought this about are the others.
  await waitUnion(world, undecided);
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
