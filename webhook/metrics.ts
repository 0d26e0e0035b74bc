/** What the webhook counts, in Prometheus format. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/**
 * Seconds. The API server's own buckets of `apiserver_admission_webhook_admission_duration_seconds`, so that its view and
 * ours can be laid on top of each other.
 */
const API_SERVER_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];

/** How a call ended; `bad` is a body that was no review, `error` our own failure. */
export type Outcome = "allowed" | "patched" | "denied" | "bad" | "error";

export interface Metrics {
  registry: Registry;
  /** `syndicate_webhook_request_duration_seconds` by `path` and `outcome`. */
  observeRequest(path: "mutate" | "validate", outcome: Outcome, seconds: number): void;
  /** `syndicate_webhook_advice_total` by `result`: whether the sync process answered in time. */
  countAdvice(result: "answered" | "unavailable"): void;
  /** `syndicate_webhook_certificate_not_after_seconds`: Unix time at which the served certificate ends. */
  setCertificateEnd(date: Date): void;
}

/** Metrics in a registry of their own, the process's memory, CPU and event-loop lag included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "syndicate_webhook_request_duration_seconds",
    help: "Time from a complete request body to the answer",
    labelNames: ["path", "outcome"],
    buckets: API_SERVER_BUCKETS,
    registers: [registry],
  });
  const advice = new Counter({
    name: "syndicate_webhook_advice_total",
    help: "Questions to the sync process about other clusters",
    labelNames: ["result"],
    registers: [registry],
  });
  const certificateEnd = new Gauge({
    name: "syndicate_webhook_certificate_not_after_seconds",
    help: "Unix time at which the served certificate ends",
    registers: [registry],
  });
  return {
    registry,
    observeRequest: (path, outcome, seconds) => duration.observe({ path, outcome }, seconds),
    countAdvice: (result) => advice.inc({ result }),
    setCertificateEnd: (date) => certificateEnd.set(date.getTime() / 1000),
  };
}
