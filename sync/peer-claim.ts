/** Whether the cluster behind a kubeconfig is the one that its file's name stands for. Pure. */

/** A cluster as it was found. */
export interface Claim {
  /** Name of the file. */
  name: string;
  /** uid of its namespace kube-system. */
  uid: string;
  /** What it calls itself; undefined where nothing of ours is installed yet. */
  said: string | undefined;
}

/** Why a claim is refused; undefined if it is not. `known`: uid by name, of every peer that was ever accepted and not forgotten. */
export function refuseClaim(
  { name, uid, said }: Claim,
  own: Pick<Claim, "name" | "uid">,
  known: ReadonlyMap<string, string>,
): string | undefined {
  // Intents name clusters, so a name means the same everywhere.
  if (said !== undefined && said !== name) return `the cluster calls itself "${said}": name its kubeconfig file so`;
  if (name === own.name) return `the file is named like this cluster itself (${own.name})`;
  if (uid === own.uid) return "it leads to this cluster itself";
  const before = known.get(name);
  if (before !== undefined && before !== uid) {
    return `it is another cluster than before (${uid}, was ${before}); to take it all the same, forget ${name} first`;
  }
  const [twin] = [...known].find(([other, its]) => other !== name && its === uid) ?? [];
  return twin === undefined ? undefined : `it leads to the same cluster as ${twin}`;
}
