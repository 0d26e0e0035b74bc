/** Whether this process still does its work. Pure. */

/** A cluster's watches by kind; `activeAt` is the clock's time of a watch's last activity, an attempt to reconnect included. */
export interface Watched {
  name: string;
  watches: ReadonlyMap<string, { activeAt: number }>;
}

/**
 * A page of a list has 30 s. Watches probe silence after 20 s, are renewed after 90 s and try again every 30 s. Whatever a server
 * does, a peer's that means ill too, one that did none of it is stuck here, and a restart helps.
 */
const WATCH_LIMIT_MS = 5 * 60 * 1000;

/** Every call has a deadline of seconds: a pass over one Service that takes so long has lost its way. */
const PASS_LIMIT_MS = 10 * 60 * 1000;

/**
 * What is wrong, for the liveness probe; undefined if nothing is. An API server that cannot be reached is none of it: a restart would not
 * bring it back, and would forget what is known. Times are of one clock, in milliseconds; `oldestPass` began longest ago.
 */
export function judgeHealth(now: number, clusters: readonly Watched[], oldestPass?: number): string | undefined {
  const problems = clusters.flatMap(({ name, watches }) =>
    [...watches]
      .filter(([, { activeAt }]) => now - activeAt >= WATCH_LIMIT_MS)
      .map(([kind, { activeAt }]) => `${name}: nothing heard or tried of ${kind} for ${seconds(now - activeAt)} s`),
  );
  if (oldestPass !== undefined && now - oldestPass >= PASS_LIMIT_MS)
    problems.push(`a pass over a Service has run for ${seconds(now - oldestPass)} s`);
  return problems.length > 0 ? problems.join("; ") : undefined;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

/**
 * True from the first time on that `isSo` is. The readiness of sync decides whether its whole Pod is asked as a webhook, which
 * needs no reading of the cluster: an API server that is away for a while must not take it out of service.
 */
export function latch(isSo: () => boolean): () => boolean {
  let was = false;
  return () => {
    was ||= isSo();
    return was;
  };
}
