/** What the sync process tells about itself, read from the text of its `/metrics`. */
export interface Metrics {
  /** Writes so far, by resource. */
  writes: Record<string, number>;
  /** 99th percentile of the event loop's delay since the metrics were asked for last, milliseconds. */
  lagMs: number;
}

/** Asks for the metrics. Rejects when nobody answers. */
export async function readMetrics(url: string): Promise<Metrics> {
  const text = await (await fetch(url)).text();
  const writes: Record<string, number> = {};
  for (const [, resource = "", count] of text.matchAll(/^syndicate_writes_total\{.*?resource="(\w+)".*?\} (\S+)$/gm)) {
    writes[resource] = (writes[resource] ?? 0) + Number(count);
  }
  const lag = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1];
  if (lag === undefined) throw new Error(`${url} tells no event loop lag`);
  return { writes, lagMs: Number(lag) * 1000 };
}

/** Writes made between two looks, by resource. */
export function writesBetween(before: Metrics, after: Metrics): Record<string, number> {
  const counts = Object.entries(after.writes).map(
    ([name, count]) => [name, count - (before.writes[name] ?? 0)] as const,
  );
  return Object.fromEntries(counts);
}
