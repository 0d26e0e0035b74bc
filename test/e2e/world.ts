import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { type Agent, type InstallOptions, installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, startLab } from "../lab/lab.ts";

/** One cluster as a scenario uses it. */
export interface Side {
  name: string;
  cluster: LabCluster;
  /** Administrator's client. */
  client: KubeClient;
  agent: Agent;
}

/** A lab with the programs installed. */
export interface World {
  lab: Lab;
  east: Side;
  west: Side;
  /** Every cluster, in the order asked for. */
  sides: readonly Side[];
}

/** How a world begins. */
export interface WorldOptions extends InstallOptions {
  /** Names of the clusters; east and west must be among them. Default: only those two. */
  clusters?: string[];
  /** What exists before anything of ours does; the sides have no agent yet. */
  beforeInstall?: (sides: readonly Side[]) => Promise<void>;
}

/** The world of a test file: empty until its `before` hook has run. */
export type LateWorld = { -readonly [K in keyof World]: World[K] };

async function openWorld({ beforeInstall, clusters = ["east", "west"], ...options }: WorldOptions): Promise<World> {
  const lab = await startLab({ clusters });
  try {
    const sides = clusters.map((name) => openSide(lab.cluster(name)));
    const [east, west] = ["east", "west"].map((name) => sides.find((side) => side.name === name)) as [Side, Side];
    await beforeInstall?.(sides);
    const agents = await installSyndicate(lab, { webhook: false, ...options });
    for (const side of sides) side.agent = agents.get(side.name) as Agent;
    return { lab, east, west, sides };
  } catch (error) {
    saveLogs(lab);
    await lab.stop();
    throw error;
  }
}

function openSide(cluster: LabCluster): Side {
  const credentials = parsePlainKubeconfig(cluster.adminKubeconfig("local"), cluster.name);
  const client = createClient(credentials, { cluster: cluster.name, userAgent: "e2e" });
  return { name: cluster.name, cluster, client } as Side;
}

/** Copies the lab's logs and meters' files to a new folder and says where. */
function saveLogs(lab: Lab): void {
  const folder = mkdtempSync(join(tmpdir(), "syndicate-e2e-"));
  lab.saveLogs(folder);
  process.stderr.write(`logs saved in ${folder}\n`);
}

/** Gives the calling test file a lab with sync and without the webhook. */
export function useWorld(options: WorldOptions = {}): LateWorld {
  const world = {} as LateWorld;
  before(async () => {
    Object.assign(world, await openWorld(options));
  });
  after(async () => {
    await Promise.all((world.sides ?? []).map((side) => side.client.close()));
    await world.lab?.stop();
  });
  return world;
}

/** A test in a world: when it fails, the logs are saved before the lab goes. */
export function scenario(world: LateWorld, name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    try {
      await run(t);
    } catch (error) {
      saveLogs(world.lab);
      throw error;
    }
  });
}
