/** How late the event loop of a process is that does nothing: what the machine, and whoever else runs on it, adds to ours. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Between two looks, as the metrics of sync have it (prom-client's default). */
const RESOLUTION_MS = 10;

/** Of this process, which must have nothing to do meanwhile. */
export class IdleDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** The 99th percentile since the start, or since it was asked for last; milliseconds. */
  take(): number {
    const millis = this.#histogram.percentile(99) / 1e6;
    this.#histogram.reset();
    return millis;
  }
}
