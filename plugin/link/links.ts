/** Reads the links of one cluster: its peers' files, what its sync process says of them, and what its operator ordered. */
import type { CallOptions } from "../../shared/kube/client.ts";
import type { Access } from "../clusters/connect.ts";
import { readOrders } from "../clusters/identity.ts";
import type { Session } from "../clusters/session.ts";
import { type LinkStatus, linkStatus, type Reader, withoutFile } from "./link-status.ts";
import { readPeerFiles } from "./peers-secret.ts";
import { probePeer } from "./probe.ts";

/** Every link of the cluster, each tried from here. Rejects with `ApiError` if the files cannot be read. */
export async function readLinks(
  { status, identity }: Pick<Session, "status" | "identity">,
  { client }: Pick<Access, "client">,
  call: CallOptions,
): Promise<LinkStatus[]> {
  const [{ files }, orders] = await Promise.all([
    readPeerFiles(client, call),
    // Who may not read the orders is shown the links all the same.
    readOrders(client, status.name, call).catch(() => undefined),
  ]);
  const reader: Reader = {
    cluster: status.name,
    peers: identity?.peers,
    refused: identity?.peersRefused ?? {},
    forgotten: orders?.forgotten,
  };
  const probed = await Promise.all([...files].map(([name, text]) => probePeer(name, text, call.deadlineMs ?? 0)));
  return [...probed.map((peer) => linkStatus(peer, reader)), ...withoutFile(reader, new Set(files.keys()))];
}
