/** Events as a table. */

import type { Paint } from "../render/paint.ts";
import { formatAge } from "../render/status-list.ts";
import { type Cell, plain, renderTable } from "../render/table.ts";
import type { ServiceEvent } from "./model.ts";

/** The lines of `events`; `now` in milliseconds since 1970. */
export function renderEvents(
  events: readonly ServiceEvent[],
  paint: Paint,
  { headers, now }: { headers: boolean; now: number },
): string[] {
  const rows = events.map((event): Cell[] => [
    ...plain(formatAge(event.time, now), event.cluster),
    { text: event.type, ...(event.type === "Warning" ? { paint: paint.warn } : {}) },
    ...plain(event.reason, event.from, event.count > 1 ? `${event.message} (x${event.count})` : event.message),
  ]);
  return renderTable(headers ? [plain("AGE", "CLUSTER", "TYPE", "REASON", "FROM", "MESSAGE"), ...rows] : rows);
}
