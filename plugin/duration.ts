/** Durations as Go programs write them, which is what kubectl's users know: `300ms`, `90s`, `1m30s`, `2h`. */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = "(\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)";

/** Milliseconds; undefined if `text` is no duration. A bare `0` is allowed, other numbers need a unit. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!new RegExp(`^\\+?(${PART})+$`).test(text)) return undefined;
  let total = 0;
  for (const [, value, unit] of text.matchAll(new RegExp(PART, "g"))) {
    total += Number(value) * (UNITS[unit ?? ""] ?? 0);
  }
  // What is more than nothing stays so: 0 often means "no limit".
  return total > 0 ? Math.max(1, Math.round(total)) : 0;
}

/** Two units at most: `450ms`, `5s`, `1.2s`, `1m47s`, `2h5m`, `41d`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return joined(Math.floor(seconds / 60), "m", seconds % 60, "s");
  if (seconds < 86_400) return joined(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "m");
  return `${Math.floor(seconds / 86_400)}d`;
}

function joined(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}
