import { createClient, type KubeClient } from "../../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { type ClusterPki, makePki } from "../../lab/certificates.ts";
import { type Lab, type LabCluster, startLab } from "../../lab/lab.ts";
import { Witness } from "./witness.ts";

/** One of the two clusters that all rows share. */
export interface FaultSide {
  cluster: LabCluster;
  /** Administrator's client, straight to the API server. */
  client: KubeClient;
  /** Bearer token of the agents. */
  token: string;
}

/** Histories happen in `east`; the agents belong to `west` and copy them. */
export interface FaultWorld {
  lab: Lab;
  east: FaultSide;
  west: FaultSide;
  witness: Witness;
  /** Identity of the proxies. */
  pki: ClusterPki;
  stop(): Promise<void>;
}

const ACCOUNT = "fault-agent";

/** The agents' rights are tested elsewhere: here one account may do everything. */
async function makeToken(cluster: LabCluster): Promise<string> {
  await cluster.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: ACCOUNT } });
  await cluster.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: ACCOUNT },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace: "default" }],
  });
  const path = `/api/v1/namespaces/default/serviceaccounts/${ACCOUNT}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 86_400 } };
  return (await cluster.call("POST", path, body)).status.token;
}

async function openSide(cluster: LabCluster): Promise<FaultSide> {
  const credentials = parsePlainKubeconfig(cluster.adminKubeconfig("local"), cluster.name);
  const client = createClient(credentials, { cluster: cluster.name, userAgent: "e2e" });
  return { cluster, client, token: await makeToken(cluster) };
}

/** A lab without any of ours in it. */
export async function openFaultWorld(): Promise<FaultWorld> {
  const lab = await startLab();
  try {
    const [east, west] = await Promise.all([openSide(lab.cluster("east")), openSide(lab.cluster("west"))]);
    const witness = new Witness(west.client);
    await witness.start();
    const stop = async () => {
      await witness.stop();
      await Promise.all([east.client.close(), west.client.close()]);
      await lab.stop();
    };
    return { lab, east, west, witness, pki: makePki("proxy", ["127.0.0.1"]), stop };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}
