/** What an operator tells the sync process of a cluster: the data of the ConfigMap `syndicate-orders`. */

/** Field with the names of clusters that are gone for good, a list. */
export const FORGET = "forget";
/** Field with the time until which deletions are not capped. */
const ALLOW_DELETIONS_UNTIL = "allowDeletionsUntil";

export interface Orders {
  /** Names of clusters that are gone for good. */
  forgotten: ReadonlySet<string>;
  /** Until then deletions are not capped, milliseconds since 1970; 0: they are. */
  deletionsUntil: number;
}

/** The names in the text of a list, parted by commas or blanks. */
export function splitNames(text: string | undefined): string[] {
  return (text ?? "").split(/[\s,]+/).filter(Boolean);
}

/** The orders in a ConfigMap's data, and what in it cannot be obeyed. `ownName` cannot be forgotten. */
export function parseOrders(
  data: Readonly<Record<string, string>>,
  ownName: string,
): { orders: Orders; problems: string[] } {
  const problems: string[] = [];
  const named = splitNames(data[FORGET]);
  if (named.includes(ownName)) problems.push(`${FORGET}: ${ownName} is this cluster itself`);
  const until = data[ALLOW_DELETIONS_UNTIL]?.trim();
  const time = until ? Date.parse(until) : 0;
  if (Number.isNaN(time)) problems.push(`${ALLOW_DELETIONS_UNTIL}: "${until}" is no time such as 2026-01-31T12:00:00Z`);
  const known = [FORGET, ALLOW_DELETIONS_UNTIL];
  const unknown = Object.keys(data).filter((key) => !known.includes(key));
  if (unknown.length) problems.push(`${unknown.join(", ")}: no order; there are ${known.join(" and ")}`);
  const forgotten = new Set(named.filter((name) => name !== ownName));
  return { orders: { forgotten, deletionsUntil: Number.isNaN(time) ? 0 : time }, problems };
}

/** What of the orders is over at `now`, milliseconds since 1970; a time that was past when it was said never held. */
export function findPast({ deletionsUntil }: Orders, now: number): string[] {
  if (deletionsUntil === 0 || deletionsUntil > now) return [];
  return [`${ALLOW_DELETIONS_UNTIL}: ${new Date(deletionsUntil).toISOString()} is past, deletions are capped`];
}
