/** The list of forgotten clusters among an operator's orders. Pure. */

import { splitNames } from "../../shared/orders.ts";

/** The new list; undefined if it says so already. `undo` takes the name out; an empty text means none. */
export function changeForgotten(text: string | undefined, cluster: string, undo: boolean): string | undefined {
  const names = splitNames(text);
  if (names.includes(cluster) !== undo) return undefined;
  return (undo ? names.filter((name) => name !== cluster) : [...names, cluster]).join(",");
}

/** One cluster that answers and is to forget another. */
export interface Forgetter {
  name: string;
  /** What depends on the forgotten cluster, see `findDependents`. */
  dependents: readonly { service: string; because: string }[];
  /** Names of the clusters whose kubeconfig it holds. */
  peers: readonly string[];
  /** Names of those it was told to forget already. */
  forgotten: readonly string[];
}

/** Clusters that count for somebody, and have not answered: they have to be told too. */
export function findUntold(cluster: string, forgetters: readonly Forgetter[]): string[] {
  const counted = forgetters.flatMap(({ peers, forgotten }) => peers.filter((peer) => !forgotten.includes(peer)));
  const told = [cluster, ...forgetters.map(({ name }) => name)];
  return [...new Set(counted)].filter((name) => !told.includes(name)).sort();
}

/** Why it should not be done; empty: it may be. `answers`: the cluster to forget was reached just now. */
export function findObjections(cluster: string, forgetters: readonly Forgetter[], answers: boolean): string[] {
  const known = [...new Set(forgetters.flatMap(({ peers, forgotten }) => [...peers, ...forgotten]))].sort();
  const own = forgetters.some(({ name }) => name === cluster);
  const isKnown = known.includes(cluster) || forgetters.some(({ dependents }) => dependents.length > 0);
  return [
    ...(answers ? [`${cluster} answers: its clients would not be waited for any more`] : []),
    ...(own ? [`${cluster} cannot forget itself`] : []),
    ...(isKnown ? [] : [`nobody knows ${cluster}; known are ${known.join(", ") || "no others"}`]),
    ...findUntold(cluster, forgetters).map((name) => `${name} was not reached; it has to be told too`),
  ];
}
