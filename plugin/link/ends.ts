/** The two ends of a link: who they are. */
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { readClusterUid } from "../clusters/identity.ts";
import type { Session } from "../clusters/session.ts";
import { CliError } from "../exit.ts";
import { readInstalled } from "../install/installed.ts";
import { shellWord } from "../shell-word.ts";

/** A cluster that reads or is read. */
export interface End {
  /** Its name among the peers. */
  name: string;
  uid: string;
  context: string;
  /** URL of the API server in the user's kubeconfig. */
  server: string;
  client: KubeClient;
  /** Pod networks it declares. */
  podCIDRs: readonly string[];
}

/**
 * Who a cluster is: by `name`, what its sync process says, or what it was installed as. Rejects with `CliError` if nobody
 * can tell or the name is another one, with `ApiError` if it may not be asked.
 */
export async function describeEnd(
  { status, access, identity }: Session,
  name: string | undefined,
  call: CallOptions,
): Promise<End> {
  const { context, server } = status;
  if (!access || !status.reachable) throw new CliError(`context ${context} ${server}: ${status.problem}`);
  const { client } = access;
  const settings = identity ? undefined : (await readInstalled(client, call))?.settings;
  const said = identity?.clusterName ?? (settings?.["CLUSTER_NAME"] || undefined);
  if (said !== undefined && name !== undefined && said !== name) {
    throw new CliError(`context ${context} leads to the cluster ${said}, not ${name}`);
  }
  const known = said ?? name;
  if (known === undefined) {
    throw new CliError(
      `nobody says what the cluster of context ${context} is called: syndicate is not installed there`,
      {
        next: `kubectl syndicate install --context ${shellWord(context)} --name NAME --image IMAGE`,
      },
    );
  }
  const declared = identity?.podCIDRs ?? (settings?.["POD_CIDRS"] ?? "").split(",").filter(Boolean);
  return { name: known, uid: await readClusterUid(client, call), context, server, client, podCIDRs: declared };
}
