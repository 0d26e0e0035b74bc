/** The list of forgotten clusters among an operator's orders. Pure. */

import { splitNames } from "../../shared/orders.ts";

/** The new list; undefined if it says so already. `undo` takes the name out; an empty text means none. */
export function changeForgotten(text: string | undefined, cluster: string, undo: boolean): string | undefined {
  const names = splitNames(text);
  if (names.includes(cluster) !== undo) return undefined;
  return (undo ? names.filter((name) => name !== cluster) : [...names, cluster]).join(",");
}

/** What is known of one cluster that is to forget another. */
export interface Forgetter {
  name: string;
  /** What depends on the forgotten cluster, see `findDependents`; undefined if it could not be read. */
  dependents: readonly { service: string; because: string }[] | undefined;
}

/** Why it should not be done; empty: it may be. `answers`: the cluster to forget was reached just now. */
export function findObjections(cluster: string, forgetters: readonly Forgetter[], answers: boolean): string[] {
  const unread = forgetters.filter(({ dependents }) => dependents === undefined).map(({ name }) => name);
  const own = forgetters.some(({ name }) => name === cluster);
  return [
    ...(answers ? [`${cluster} answers: its clients would not be waited for any more`] : []),
    ...(own ? [`${cluster} cannot forget itself`] : []),
    ...unread.map((name) => `${name} cannot be read; it has to be told too`),
  ];
}
