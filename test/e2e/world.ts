import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePeerKubeconfig } from "../../shared/kube/kubeconfig.ts";
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
  sides: readonly Side[];
}

/** The world of a test file: empty until its `before` hook has run. */
export type LateWorld = { -readonly [K in keyof World]: World[K] };

async function openWorld(options: InstallOptions): Promise<World> {
  const lab = await startLab();
  try {
    const agents = await installSyndicate(lab, options);
    const [east, west] = ["east", "west"].map((name) => {
      const agent = agents.get(name);
      if (!agent) throw new Error(`nothing was installed in ${name}`);
      return openSide(agent);
    }) as [Side, Side];
    return { lab, east, west, sides: [east, west] };
  } catch (error) {
    saveLogs(lab);
    await lab.stop();
    throw error;
  }
}

function openSide(agent: Agent): Side {
  const { cluster } = agent;
  const credentials = parsePeerKubeconfig(cluster.adminKubeconfig("local"), cluster.name);
  const client = createClient(credentials, { cluster: cluster.name, userAgent: "e2e" });
  return { name: cluster.name, cluster, client, agent };
}

/** Copies the lab's logs and meters' files to a new folder and says where. */
function saveLogs(lab: Lab): void {
  const folder = mkdtempSync(join(tmpdir(), "syndicate-e2e-"));
  lab.saveLogs(folder);
  process.stderr.write(`logs saved in ${folder}\n`);
}

/** Gives the calling test file a lab of two clusters, east and west, with sync and without the webhook. */
export function useWorld(options: InstallOptions = {}): LateWorld {
  const world = {} as LateWorld;
  before(async () => {
    Object.assign(world, await openWorld({ webhook: false, ...options }));
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
