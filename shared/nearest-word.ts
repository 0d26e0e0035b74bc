/** What a mistyped word most likely meant. Pure. */

/** The word of `words` that is fewest edits (a letter wrong, missing or too many) away; undefined if none is within `limit`. */
export function nearestWord<T extends string>(typed: string, words: readonly T[], limit: number): T | undefined {
  const [near] = words.map((word) => ({ word, edits: editDistance(typed, word) })).sort((a, b) => a.edits - b.edits);
  return near && near.edits <= limit ? near.word : undefined;
}

/** Levenshtein distance; inputs longer than 32 characters count as far away (annotation values may be 256 KiB). */
function editDistance(from: string, to: string): number {
  if (from.length > 32) return from.length;
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
