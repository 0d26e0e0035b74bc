import { createClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import type { Side } from "../e2e/world.ts";
import { type Agent, type InstallOptions, installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, startLab } from "../lab/lab.ts";
import { openShell, type Shell } from "./shell.ts";

/** Two clusters with everything installed as it ships, webhook included, and a user's shell. */
export interface Stage {
  lab: Lab;
  east: Side;
  west: Side;
  sides: readonly Side[];
  shell: Shell;
  /** Closes the connections to the clusters; the lab stays as it is. */
  leave(): Promise<void>;
}

/** How a stage is made. */
export interface StageOptions extends InstallOptions {
  /** The lab outlives this process. Default false. */
  keep?: boolean;
  /** Receives news, one line at a time. */
  tell?: (line: string) => void;
}

/** Starts a lab of east and west and installs into both. Throws, with the lab gone unless it is to be kept. */
export async function openStage({
  keep = false,
  tell = () => undefined,
  ...install
}: StageOptions = {}): Promise<Stage> {
  const lab = await startLab({ keep, log: tell });
  try {
    if (!lab.hasNetwork) throw new Error("root is needed: pods and traffic live in network namespaces");
    const agents = await installSyndicate(lab, install);
    const [east, west] = [openSide(lab.cluster("east"), agents), openSide(lab.cluster("west"), agents)];
    const sides = [east, west];
    const leave = async () => void (await Promise.all(sides.map((side) => side.client.close())));
    return { lab, east, west, sides, shell: openShell(lab), leave };
  } catch (error) {
    if (!keep) await lab.stop();
    throw error;
  }
}

function openSide(cluster: LabCluster, agents: ReadonlyMap<string, Agent>): Side {
  const credentials = parsePlainKubeconfig(cluster.adminKubeconfig("local"), cluster.name);
  const agent = agents.get(cluster.name);
  if (!agent) throw new Error(`nothing was installed into ${cluster.name}`);
  const client = createClient(credentials, { cluster: cluster.name, userAgent: "demo" });
  return { name: cluster.name, cluster, client, agent };
}
