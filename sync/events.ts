/** Events on Services: every transition and every hold, where people look with `kubectl describe`. */
import { FIELD_MANAGER } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Service } from "../shared/kube/objects.ts";
import { events } from "../shared/kube/resources.ts";

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

/** A recorder that writes one Event after the other, so that no number of them takes the API server's time from the work. */
export function createRecorder({ client, instance, now, onError }: RecorderOptions): EventRecorder {
  let counter = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const write = (namespace: string, body: object) => {
    if (waiting >= MAX_WAITING) return onError(new Error(`an Event was dropped: ${MAX_WAITING} others wait`));
    waiting += 1;
    last = last
      .then(() => client.create(events.in(namespace), body))
      .catch(onError)
      .finally(() => {
        waiting -= 1;
      });
  };
  return {
    record(service, type, reason, note) {
      const { name, namespace = "", uid = "" } = service.metadata;
      const moment = now();
      counter += 1;
      const body = {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: `${name}.${moment.toString(16)}${counter.toString(16)}`, namespace },
        eventTime: new Date(moment).toISOString().replace("Z", "000Z"),
        reportingController: FIELD_MANAGER,
        reportingInstance: instance,
        action: reason,
        reason,
        regarding: { apiVersion: "v1", kind: "Service", namespace, name, uid },
        note: note.slice(0, MAX_NOTE),
        type,
      };
      write(namespace, body);
    },
  };
}
