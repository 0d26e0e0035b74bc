/** Which Events are new, which are the same again, and which are too many. Pure but for what it remembers. */

/** The same again within this time of the last is counted on the Event that is there; as long as Kubernetes lets a series rest. */
const SERIES_MS = 6 * 60 * 1000;

/** New Events about one Service within `WINDOW_MS`; client-go's burst. What is beyond is on the condition and in the log all the same. */
const MAX_NEW = 25;
const WINDOW_MS = 10 * 60 * 1000;

/** So many are remembered; the ones that rested longest go first. */
const MAX_REMEMBERED = 4_096;

/** An Event that was written, and how often it has been observed. */
export interface Series {
  /** Name of the object. */
  name: string;
  count: number;
  /** Milliseconds since 1970. */
  lastAt: number;
}

export class EventSeries {
  /** By what the Event says, the one that rested longest first. */
  readonly #series = new Map<string, Series>();
  /** Times of new Events by uid of the Service. */
  readonly #recent = new Map<string, number[]>();

  /** The series that this Event continues, counted on; undefined if there is none. */
  repeat(says: string, now: number): Series | undefined {
    const series = this.#series.get(says);
    this.#series.delete(says);
    if (!series || now - series.lastAt > SERIES_MS) return undefined;
    series.count += 1;
    series.lastAt = now;
    this.#series.set(says, series);
    return series;
  }

  /** Begins a series; undefined if there were too many about this Service lately. */
  begin(says: string, uid: string, name: string, now: number): Series | undefined {
    const recent = (this.#recent.get(uid) ?? []).filter((time) => now - time < WINDOW_MS);
    this.#recent.delete(uid);
    this.#recent.set(uid, recent);
    dropOldest(this.#recent);
    if (recent.length >= MAX_NEW) return undefined;
    recent.push(now);
    const series = { name, count: 1, lastAt: now };
    this.#series.set(says, series);
    dropOldest(this.#series);
    return series;
  }

  /** The Event is not there any more. */
  end(says: string): void {
    this.#series.delete(says);
  }
}

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
