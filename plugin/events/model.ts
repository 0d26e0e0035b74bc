/** Events about one Service from all clusters, as one list. Pure. */
import type { KubeObject } from "../../shared/kube/objects.ts";

/** An Event of the core API, as far as we read it. */
export interface CoreEvent extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string } | null;
  source?: { component?: string };
  reportingComponent?: string;
}

/** One line of the answer. */
export interface ServiceEvent {
  cluster: string;
  /** RFC 3339; empty if the Event has no time at all. */
  time: string;
  type: string;
  reason: string;
  /** Who says so. */
  from: string;
  message: string;
  /** How often. */
  count: number;
}

/** All Events, the latest last. */
export function joinEvents(lists: readonly { cluster: string; events: readonly CoreEvent[] }[]): ServiceEvent[] {
  const all = lists.flatMap(({ cluster, events }) => events.map((event) => readEvent(cluster, event)));
  return all.sort((a, b) => (Date.parse(a.time) || 0) - (Date.parse(b.time) || 0));
}

function readEvent(cluster: string, event: CoreEvent): ServiceEvent {
  const { series, lastTimestamp, eventTime, firstTimestamp, metadata } = event;
  return {
    cluster,
    time: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? "",
    type: event.type ?? "",
    reason: event.reason ?? "",
    from: event.reportingComponent || event.source?.component || "",
    message: (event.message ?? "").trim(),
    count: series?.count ?? event.count ?? 1,
  };
}
