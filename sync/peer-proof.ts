/** What a peer is asked before it is followed: who it is, and whether its credentials may read what is needed. */
import type { Scope } from "../shared/identity.ts";
import { createClient, type KubeClient } from "../shared/kube/client.ts";
import type { ClusterCredentials } from "../shared/kube/credentials.ts";
import { parsePlainKubeconfig } from "../shared/kube/kubeconfig.ts";
import { withQuery } from "../shared/kube/pages.ts";
import { endpointSlices, services } from "../shared/kube/resources.ts";
import { readClaim, readClusterUid } from "./identity.ts";
import type { Claim } from "./peer-claim.ts";
import type { PeerFile } from "./peer-files.ts";

/** What a cluster said when it was asked who it is. */
export interface Introduction extends Omit<Claim, "name"> {
  /** Which namespaces take part there; undefined where it says nothing. */
  scope: Scope | undefined;
}

/** A peer that is being asked. Whoever takes it closes the client. All answers reject with `ApiError`. */
export interface PeerProof {
  file: PeerFile;
  credentials: ClusterCredentials;
  client: KubeClient;
  introduction: Promise<Introduction>;
  /** Asks whether Services and slices may be listed, over the connections that the first answers came by; resolves if they may. */
  askRights(): Promise<unknown>;
}

/** Asks a cluster who it is. Rejects with `ApiError`. */
export async function introduce(client: KubeClient, namespace: string): Promise<Introduction> {
  const [uid, { said, scope }] = await Promise.all([readClusterUid(client), readClaim(client, namespace)]);
  return { uid, said, scope };
}

/** Asks peers, at a start before they may be judged. */
export class PeerProofs {
  readonly #namespace: string;
  /** Asked and not taken yet, by name. */
  readonly #ahead = new Map<string, PeerProof>();

  /** `namespace`: ours, in the peers too. */
  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Begins to ask. What is wrong with a file is told by whoever takes the answers. */
  askAhead(files: ReadonlyMap<string, PeerFile>): void {
    for (const [name, file] of files) {
      try {
        this.#ahead.set(name, this.#ask(name, file));
      } catch {}
    }
  }

  /** A peer that was asked ahead with this very file, or is asked now. Throws an Error on a file that is no plain kubeconfig. */
  take(name: string, file: PeerFile): PeerProof {
    const asked = this.#ahead.get(name);
    if (asked?.file.text !== file.text) return this.#ask(name, file);
    this.#ahead.delete(name);
    return asked;
  }

  /** Lets go of those that nobody took. */
  async dismiss(): Promise<void> {
    const left = [...this.#ahead.values()];
    this.#ahead.clear();
    await Promise.all(left.map(({ client }) => client.close()));
  }

  #ask(name: string, file: PeerFile): PeerProof {
    const credentials = parsePlainKubeconfig(file.text, name);
    const client = createClient(credentials, { cluster: name });
    const introduction = introduce(client, this.#namespace);
    const askRights = () =>
      Promise.all([services.all, endpointSlices.all].map((path) => client.get(withQuery(path, { limit: "1" }))));
    // It may fail before anybody waits for it.
    introduction.catch(() => undefined);
    return { file, credentials, client, introduction, askRights };
  }
}
