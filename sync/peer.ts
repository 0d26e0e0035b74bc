/** One peer, as far as this process got with it. */
import type { KubeClient } from "../shared/kube/client.ts";
import type { CredentialLife } from "../shared/kube/credential-life.ts";
import type { WatchedCluster } from "./cluster.ts";
import type { PeerFile } from "./peer-files.ts";

export interface Peer {
  name: string;
  /** The file it was made from; undefined: it is gone. */
  file: PeerFile | undefined;
  client?: KubeClient;
  cluster?: WatchedCluster;
  refused?: string;
  /** Of the credentials in use. */
  life?: CredentialLife;
  /** Why it could not be asked who it is, since it was asked last. */
  unchecked?: string;
  /** When its identity was checked last, `performance.now()` milliseconds. */
  checkedAt?: number;
}

/** Ends its watches and its connections; what was known of it stays. */
export async function disconnect(peer: Peer): Promise<void> {
  await peer.cluster?.stop();
  await peer.client?.close();
}

/** Why it was refused before, so that the same reason is not told twice. */
export function refusedBefore(peer: Peer | undefined): Pick<Peer, "refused"> {
  return peer?.refused === undefined ? {} : { refused: peer.refused };
}

/** Notes why it could not be asked who it is, and tells so if that is another reason than before. */
export function noteUnchecked(
  peer: Peer,
  { message }: Error,
  { onUnchecked }: { onUnchecked(name: string, reason: string): void },
): void {
  if (peer.unchecked !== message) onUnchecked(peer.name, message);
  peer.unchecked = message;
}
