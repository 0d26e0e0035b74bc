/** Labels as typed. */
import type { Selector } from "../shared/selector.ts";
import { CliError } from "./exit.ts";
import { listOf } from "./options.ts";

/** `app=web,tier=front` as a map. Throws `CliError`: sets and negations cannot stand in a Service. */
export function parseLabels(text: string | undefined): Selector | undefined {
  if (text === undefined) return undefined;
  const pairs = listOf(text).map((part) => {
    const [, key, value] = /^([^=!]+)==?([^=]*)$/.exec(part) ?? [];
    if (!key || value === undefined) {
      throw new CliError(`--selector "${text}": "${part}" is not key=value, all that a Service can select by`);
    }
    return [key.trim(), value.trim()] as const;
  });
  return pairs.length ? Object.fromEntries(pairs) : undefined;
}
