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

/** A recorder that writes each Event as it comes. */
export function createRecorder({ client, instance, now, onError }: RecorderOptions): EventRecorder {
  let counter = 0;
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
      client.create(events.in(namespace), body).catch(onError);
    },
  };
}
