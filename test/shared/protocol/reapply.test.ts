import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIntent } from "../../../shared/intent.ts";
import { INTENT, LAST_APPLIED, MODE } from "../../../shared/keys.ts";
import type { ManagedFieldsEntry, Service } from "../../../shared/kube/objects.ts";
import { stepDeclaration } from "../../../shared/protocol/declaration.ts";
import { trimService } from "../../../sync/trim.ts";
import { webService } from "./scenario.ts";

// No webhook was asked: of a receiver that had been source, the mode is "source" again. Who wrote it decides.

const NOW = Date.parse("2030-01-01T00:00:00Z");
const applied = JSON.stringify({ metadata: { annotations: { [MODE]: "source" } } });

function written(entry: ManagedFieldsEntry, annotations: Record<string, string> = {}): Service {
  const intent = formatIntent({ mode: "source", at: "west", from: "east", time: NOW - 60_000, declared: ["source"] });
  const service = webService({ annotations: { [MODE]: "source", [INTENT]: intent, ...annotations } });
  const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
  service.metadata.managedFields = [{ time: "2029-12-31T23:59:59Z", fieldsV1, ...entry }];
  // As the sync process keeps it.
  return trimService(service);
}

const rows: [name: string, service: Service, puts: "back" | "a new intent"][] = [
  ["kubectl annotate", written({ manager: "kubectl-annotate", operation: "Update" }), "a new intent"],
  [
    "kubectl annotate where a manifest holds it too",
    written({ manager: "kubectl-annotate", operation: "Update" }, { [LAST_APPLIED]: applied }),
    "a new intent",
  ],
  [
    "kubectl apply of the old manifest",
    written({ manager: "kubectl-client-side-apply", operation: "Update" }, { [LAST_APPLIED]: applied }),
    "back",
  ],
  ["server-side apply", written({ manager: "flux", operation: "Apply" }), "back"],
  ["helm", written({ manager: "helm", operation: "Update" }), "back"],
  ["a program that names itself otherwise", written({ manager: "curl", operation: "Update" }), "a new intent"],
];
for (const [name, service, puts] of rows) {
  test(`${name}: ${puts}`, () => {
    const view = { listed: true, namespace: true, slices: [], shadowSlices: [], podCIDRs: [] };
    const step = stepDeclaration({
      key: { namespace: "shop", name: "web" },
      own: "east",
      clusters: new Map([
        ["east", { ...view, name: "east", service }],
        ["west", { ...view, name: "west" }],
      ]),
      settings: { unionSelector: "strip", endpoints: "mirror" },
      now: NOW,
      since: new Map(),
    });
    const [write] = step?.writes ?? [];
    assert.match(
      write?.reason ?? "",
      puts === "back" ? /^mode put back: "source" was applied before/ : /^declares source/,
    );
  });
}
