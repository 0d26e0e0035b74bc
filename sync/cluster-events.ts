/** What a watched cluster asks and tells. */
import type { Scope } from "../shared/identity.ts";
import type { KubeObject } from "../shared/kube/objects.ts";
import type { Change } from "../shared/kube/reflector.ts";

export interface ClusterEvents {
  /** Namespaces that take part here. Of others nothing is asked for, as far as servers can tell; what comes is kept by name only. */
  readonly scope: Scope;
  /** True if nothing follows from this change that was not looked at before: an echo of what this process wrote. */
  isEcho(change: Change<KubeObject>): boolean;
  /** Something about `namespace/name` may have changed. */
  onKey(key: string): void;
  /** A copy of ours of `namespace/name` may have changed in a peer; only who carries out an intent looks at those. */
  onPeerCopy(key: string): void;
  /** A slice of a peer that concerns `namespace/name` was changed at this time, milliseconds since 1970. */
  onChanged(key: string, at: number): void;
  /** Everything in this namespace may have to be looked at. */
  onNamespace(namespace: string): void;
  /** The cluster became readable or unreadable. */
  onReadable(readable: boolean, error: unknown): void;
  onError(error: unknown): void;
}
