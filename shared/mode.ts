/** The four words a user may write into `vmware.com/syndicate-mode`, and how to read them. */
import { nearestWord } from "./nearest-word.ts";

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
  return nearestWord(wanted, MODES, 2);
}
