import assert from "node:assert/strict";
import { test } from "node:test";
import { IDENTITY_CONFIGMAP, LEASE } from "../shared/keys.ts";
import { CERTIFICATE_SECRET, WEBHOOK_CONFIGURATION } from "../sync/certificates/cluster-store.ts";
import { type Rendered, render } from "./rendered-manifests.ts";

const base = await render(".");

/** Every rule of all roles, as `kind/name`, groups, resources, names and verbs. */
const rules = [...base.values()]
  .filter(({ kind }) => kind.endsWith("Role"))
  .flatMap(({ kind, metadata, rules: list }) =>
    list.map((rule: Rendered) => ({ role: `${kind}/${metadata.name}`, ...rule })),
  );

test("no rule has a wildcard", () => {
  for (const rule of rules) {
    for (const list of [rule.apiGroups, rule.resources, rule.verbs])
      assert.ok(!JSON.stringify(list).includes("*"), rule.role);
  }
});

test("peers only read", () => {
  const peer = rules.filter(({ role }) => role.endsWith("/syndicate-peer"));
  assert.ok(peer.length > 0);
  for (const { verbs, resources } of peer) {
    assert.deepEqual(
      verbs.filter((verb: string) => !["get", "list", "watch"].includes(verb)),
      [],
      String(resources),
    );
    assert.ok(!resources.includes("secrets"));
  }
});

test("what is not Services and endpoints is named, but for creation", () => {
  const open = [
    "services",
    "endpoints",
    "services/status",
    "services/finalizers",
    "endpointslices",
    "events",
    "namespaces",
  ];
  for (const { role, resources, resourceNames, verbs } of rules) {
    const isOpen = resources.every((resource: string) => open.includes(resource));
    assert.ok(isOpen || resourceNames || verbs.join() === "create", `${role} ${resources}`);
  }
  const named = new Map(
    rules.flatMap((rule) => rule.resources.map((resource: string) => [`${rule.role} ${resource}`, rule.resourceNames])),
  );
  assert.deepEqual(named.get("Role/syndicate-sync secrets"), [CERTIFICATE_SECRET]);
  for (const role of ["Role/syndicate-sync", "Role/syndicate-peer"]) {
    assert.deepEqual(named.get(`${role} configmaps`), [IDENTITY_CONFIGMAP]);
    assert.deepEqual(named.get(`${role} leases`), [LEASE]);
  }
  assert.deepEqual(named.get("ClusterRole/syndicate-sync validatingwebhookconfigurations"), [WEBHOOK_CONFIGURATION]);
});
