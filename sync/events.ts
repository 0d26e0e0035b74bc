/** Events on Services: every transition and every hold, within limits, where people look with `kubectl describe`. */
import { FIELD_MANAGER } from "../shared/keys.ts";
import { classifyError } from "../shared/kube/api-error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { microTime } from "../shared/kube/clock.ts";
import type { Service } from "../shared/kube/objects.ts";
import { events } from "../shared/kube/resources.ts";
import { EventSeries, type Series } from "./event-series.ts";

/** Limit of the API for `note` (events.k8s.io/v1). */
const MAX_NOTE = 1024;

export interface EventRecorder {
  /** Writes an Event about `service`; a failure is reported and costs nothing else. */
  record(service: Service, type: "Normal" | "Warning", reason: string, note: string): void;
}

export interface RecorderOptions {
  client: KubeClient;
  /** Name of this process, such as the Pod's. */
  instance: string;
  now(): number;
  onError(error: unknown): void;
}

/** Events that wait beyond this number are dropped: what they tell is on the Services too. */
const MAX_WAITING = 1_000;

/**
 * A recorder that writes one Event after the other, so that no number of them takes the API server's time from the work. The same Event
 * again is counted on the one that is there, as its `series`.
 */
export function createRecorder({ client, instance, now, onError }: RecorderOptions): EventRecorder {
  const series = new EventSeries();
  /** Series whose count is about to be written. */
  const counting = new Set<Series>();
  let counter = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const write = (send: () => Promise<unknown>) => {
    if (waiting >= MAX_WAITING) return onError(new Error(`an Event was dropped: ${MAX_WAITING} others wait`));
    waiting += 1;
    last = last
      .then(send)
      .catch(onError)
      .finally(() => {
        waiting -= 1;
      });
  };
  const count = (namespace: string, says: string, repeated: Series) => {
    // However often it comes while the write waits, one write tells it.
    if (counting.has(repeated)) return;
    counting.add(repeated);
    write(async () => {
      counting.delete(repeated);
      const observed = { count: repeated.count, lastObservedTime: microTime(repeated.lastAt) };
      await client
        .patch(events.one(namespace, repeated.name), { series: observed }, "merge")
        .catch((error: unknown) => {
          // Kubernetes removes Events after an hour or so.
          if (classifyError(error) === "notFound") series.end(says);
          throw error;
        });
    });
  };
  return {
    record(service, type, reason, note) {
      const { name, namespace = "", uid = "" } = service.metadata;
      const moment = now();
      const says = `${uid} ${type} ${reason} ${note}`;
      const repeated = series.repeat(says, moment);
      if (repeated) return count(namespace, says, repeated);
      counter += 1;
      const eventName = `${name}.${moment.toString(16)}${counter.toString(16)}`;
      if (!series.begin(says, uid, eventName, moment))
        return onError(new Error(`an Event was dropped: too many about ${namespace}/${name}`));
      const body = {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: eventName, namespace },
        eventTime: microTime(moment),
        reportingController: FIELD_MANAGER,
        reportingInstance: instance,
        action: reason,
        reason,
        regarding: { apiVersion: "v1", kind: "Service", namespace, name, uid },
        note: note.slice(0, MAX_NOTE),
        type,
      };
      write(() => client.create(events.in(namespace), body));
    },
  };
}
