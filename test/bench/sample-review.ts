/** A review of the most frequent kind: something of a syndicated Service changes, its mode does not. */
import { formatIntent } from "../../shared/intent.ts";
import { INTENT, MODE } from "../../shared/keys.ts";

const SIZE = 4096;

/** The body an API server would send, 4 KiB of JSON, bookkeeping of field managers and an applied manifest included. */
export function renderSampleReview(): string {
  const empty = JSON.stringify(review(""));
  const body = JSON.stringify(review("x".repeat((SIZE - empty.length) / 2)));
  // Two objects carry the filling, so it may be a byte short.
  return body.padEnd(SIZE, " ");
}

function review(filling: string): object {
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "7f0b2891-916f-4ed6-b7cd-27bff1815a8c",
      kind: { group: "", version: "v1", kind: "Service" },
      resource: { group: "", version: "v1", resource: "services" },
      requestKind: { group: "", version: "v1", kind: "Service" },
      requestResource: { group: "", version: "v1", resource: "services" },
      name: "web",
      namespace: "shop",
      operation: "UPDATE",
      userInfo: { username: "jane", groups: ["developers", "system:authenticated"] },
      object: service(filling, 8081),
      oldObject: service(filling, 8080),
      dryRun: false,
      options: { kind: "PatchOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "kubectl-patch" },
    },
  };
}

function service(filling: string, targetPort: number): object {
  const fieldsV1 = {
    "f:metadata": { "f:annotations": { ".": {}, [`f:${MODE}`]: {} } },
    "f:spec": { "f:ports": {}, "f:selector": {}, "f:type": {} },
  };
  const entry = { manager: "kubectl-edit", operation: "Update", apiVersion: "v1", time: "2026-01-01T00:00:00Z" };
  return {
    kind: "Service",
    apiVersion: "v1",
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "c56b1a4e-7b05-4f7a-9c42-2e6f1d4d1a01",
      resourceVersion: "1234",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { app: "web", "app.kubernetes.io/name": "web" },
      annotations: {
        [MODE]: "source",
        [INTENT]: formatIntent({ mode: "source", at: "bench", time: 1_767_225_600_000, declared: ["source"] }),
        note: filling,
      },
      managedFields: [{ ...entry, fieldsType: "FieldsV1", fieldsV1 }],
    },
    spec: {
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort }],
      selector: { app: "web" },
      clusterIP: "10.96.0.17",
      clusterIPs: ["10.96.0.17"],
      type: "ClusterIP",
      sessionAffinity: "None",
    },
    status: { loadBalancer: {} },
  };
}
