/** What passes over Services tell: log lines, metrics, Events. */
import type { Logger } from "pino";
import { classifyError } from "../shared/kube/api-error.ts";
import { existingCondition } from "./apply.ts";
import type { EventRecorder } from "./events.ts";
import type { Metrics } from "./metrics.ts";
import type { Propagation } from "./propagation.ts";
import { INDEPENDENT, type Reasons } from "./reasons.ts";
import type { ReconcilerHooks } from "./reconciler.ts";

/** A reset watch is back within a second or two; what lasts longer is worth a line on every Service. Milliseconds. */
export const UNREADABLE_GRACE_MS = 5_000;

export interface TellingOptions {
  propagation: Propagation;
  reasons: Reasons;
  recorder: EventRecorder;
  log: Logger;
}

/** The hooks of a reconciler that tell. */
export function createHooks({ propagation, reasons, recorder, log }: TellingOptions): ReconcilerHooks {
  return {
    onWrite: (key, write, service) => {
      const { verb, resource, name, reason, event } = write;
      const [namespace = ""] = key.split("/");
      propagation.wrote(key, write);
      log.info({ key, verb, resource, name, reason }, "wrote");
      if (verb === "delete" && resource === "services") reasons.show(namespace, name, undefined);
      if (event && service) recorder.record(service, "Normal", event, reason);
    },
    onNotice: ({ namespace, name }, service, notice) => {
      if (!reasons.show(namespace, name, notice?.reason) || !notice || notice.reason === INDEPENDENT) return;
      log.warn({ key: `${namespace}/${name}`, ...notice }, "notice");
      if (service) recorder.record(service, "Warning", notice.reason, notice.message);
    },
    onCondition: (service, { status, reason, message }, written) => {
      const { name, namespace = "" } = service.metadata;
      reasons.show(namespace, name, status === "True" ? undefined : reason);
      if (!written) return;
      log.info({ key: `${namespace}/${name}`, status, reason, message }, "condition");
      const warns = status === "False" && reason !== "Holding" && reason !== "Progressing";
      // A replica is made in sync: its Event "Replicated" says all.
      const isNews = status === "False" || existingCondition(service) !== undefined;
      if (isNews && reason !== "Progressing") {
        recorder.record(service, warns ? "Warning" : "Normal", reason, message);
      }
    },
  };
}

/** Tells of a pass that failed `failures` times in a row and comes again after `pauseMs` milliseconds. */
export function tellFailure(
  { metrics, log }: { metrics: Pick<Metrics, "reconciles">; log: Logger },
  key: string,
  error: unknown,
  failures: number,
  pauseMs: number,
): void {
  const kind = classifyError(error);
  metrics.reconciles.inc({ result: "error" });
  // Conflicts are part of the game: somebody else wrote in between.
  const level = kind === "conflict" || kind === "alreadyExists" ? "debug" : kind === "fault" ? "error" : "warn";
  log[level]({ key, kind, failures, pauseMs, err: error }, "reconcile failed, tried again");
}

/** Tells of a list or watch that failed, as they do all the time, or of a mistake in what was done with what it brought. */
export function tellWatchError(log: Logger, cluster: string, error: unknown): void {
  const isMistake = classifyError(error) === "fault";
  log[isMistake ? "error" : "debug"]({ cluster, err: error }, isMistake ? "an event failed" : "list or watch failed");
}
