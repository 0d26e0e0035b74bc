import assert from "node:assert/strict";
import { test } from "node:test";
import { pathOf, renderManifests } from "../../../plugin/install/manifests.ts";
import { listGuards } from "../../../plugin/uninstall/guards.ts";
import { render } from "../../rendered-manifests.ts";

const guards = listGuards(renderManifests({ settings: {}, webhook: "ignore", createNamespaces: true }));

test("what stands in the way of giving back goes first: the policy of the component, the webhooks, sync", () => {
  assert.deepEqual(guards.map(pathOf), [
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/syndicate",
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/syndicate",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/syndicate",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/syndicate",
    "/apis/apps/v1/namespaces/syndicate-system/deployments/syndicate",
  ]);
});

test("every object of the component is among them", async () => {
  const paths = new Set(guards.map(pathOf));
  const component = await render("components/admission-policy");
  assert.ok(component.size > 0);
  for (const object of component.values()) assert.ok(paths.has(pathOf(object)), object.kind);
});
