/** Whether a peer's kubeconfig is good, tried from where the plugin runs. */
import { classifyError } from "../../shared/kube/api-error.ts";
import { createClient } from "../../shared/kube/client.ts";
import type { ClusterCredentials } from "../../shared/kube/credentials.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { services } from "../../shared/kube/resources.ts";
import { readClusterUid } from "../clusters/identity.ts";
import { describeProblem } from "../clusters/problem.ts";
import { tokenEnd } from "./kubeconfig.ts";

/** What is known of one file. */
export interface ProbedPeer {
  name: string;
  /** Empty if sync refuses the file. */
  server: string;
  podCIDRs: readonly string[];
  credential: "token" | "certificate" | "none";
  /** RFC 3339; absent: no end. */
  ends?: string;
  /** `ok`: it reads; `refused`: sync does not accept the file, or the server not its token; `unknown`: not reachable from here. */
  state: "ok" | "refused" | "unknown";
  problem?: string;
  /** uid of the cluster it leads to. */
  uid?: string;
  /** Absent if sync refuses the file. */
  credentials?: ClusterCredentials;
}

/** Parses a file as sync does, and reads with it. */
export async function probePeer(name: string, text: string, deadlineMs: number): Promise<ProbedPeer> {
  let credentials: ClusterCredentials;
  try {
    credentials = parsePlainKubeconfig(text, name);
  } catch (error) {
    const problem = (error as Error).message;
    return { name, server: "", podCIDRs: [], credential: "none", state: "refused", problem };
  }
  const { server, podCIDRs, token } = credentials;
  const end = typeof token === "string" ? tokenEnd(token) : undefined;
  const known = {
    name,
    server,
    podCIDRs,
    credential: token === undefined ? ("certificate" as const) : ("token" as const),
    ...(end === undefined ? {} : { ends: new Date(end).toISOString() }),
    credentials,
  };
  return { ...known, ...(await tryReading(name, credentials, deadlineMs)) };
}

/** Reads what sync reads. */
export async function tryReading(
  name: string,
  credentials: ClusterCredentials,
  deadlineMs: number,
): Promise<Pick<ProbedPeer, "state" | "problem" | "uid">> {
  const client = createClient(credentials, { cluster: name });
  try {
    const uid = await readClusterUid(client, { deadlineMs });
    await client.get(`${services.all}?limit=1`, { deadlineMs });
    return { state: "ok", uid };
  } catch (error) {
    const refused = ["unauthorized", "forbidden"].includes(classifyError(error));
    return { state: refused ? "refused" : "unknown", problem: describeProblem(error) };
  } finally {
    await client.close();
  }
}
