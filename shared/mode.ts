/** The four words a user may write into `vmware.com/syndicate-mode`, and how to read them. */

export const MODES = ["source", "receiver", "union", "singular"] as const;

export type Mode = (typeof MODES)[number];

/** A mode as the transition table knows it: `absent` stands for a Service without the annotation. */
export type ModeOrAbsent = Mode | "absent";

/** The mode written exactly as `word`, else undefined: modes are lower case and without spaces. */
export function parseMode(word: string | undefined): Mode | undefined {
  return MODES.find((mode) => mode === word);
}

/**
 * The mode a mistyped word most likely meant: same letters apart from case and outer spaces, or at most two edits away.
 * Undefined when nothing is near.
 */
export function suggestMode(word: string): Mode | undefined {
  const wanted = word.trim().toLowerCase();
  const exact = parseMode(wanted);
  if (exact) return exact;
  const near = MODES.map((mode) => ({ mode, edits: editDistance(wanted, mode) })).sort((a, b) => a.edits - b.edits)[0];
  return near && near.edits <= 2 ? near.mode : undefined;
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
