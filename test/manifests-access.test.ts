import assert from "node:assert/strict";
import { test } from "node:test";
import { IDENTITY_CONFIGMAP, KNOWN_PEERS_CONFIGMAP, LEASE, ORDERS_CONFIGMAP } from "../shared/keys.ts";
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

/** Names of the objects of a kind that a role reaches beyond creation. */
function named(role: string | undefined, resource: string): string[] {
  return rules
    .filter((rule) => rule.role === role && rule.resources.includes(resource))
    .flatMap((rule) => rule.resourceNames ?? []);
}

test("operators' orders are read, never written", () => {
  const orders = rules.filter(({ resourceNames = [] }) => resourceNames.includes(ORDERS_CONFIGMAP));
  assert.deepEqual(
    orders.map(({ verbs }) => verbs),
    [["get"]],
  );
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
  const [sync, peer] = ["Role/syndicate-sync", "Role/syndicate-peer"];
  assert.deepEqual(named(sync, "secrets"), [CERTIFICATE_SECRET]);
  assert.deepEqual(named(sync, "configmaps"), [IDENTITY_CONFIGMAP, KNOWN_PEERS_CONFIGMAP, ORDERS_CONFIGMAP]);
  assert.deepEqual(named(peer, "configmaps"), [IDENTITY_CONFIGMAP]);
  for (const role of [sync, peer]) assert.deepEqual(named(role, "leases"), [LEASE]);
  assert.deepEqual(named("ClusterRole/syndicate-sync", "validatingwebhookconfigurations"), [WEBHOOK_CONFIGURATION]);
});

test("on OpenShift sync may write the addresses of pods", () => {
  const sync = rules.filter(({ role }) => role === "ClusterRole/syndicate-sync");
  const restricted = sync.filter(({ resources }) => String(resources).endsWith("/restricted"));
  assert.deepEqual(
    restricted.map(({ apiGroups, resources, verbs }) => [apiGroups, resources, verbs]),
    [
      [[""], ["endpoints/restricted"], ["create"]],
      [["discovery.k8s.io"], ["endpointslices/restricted"], ["create"]],
    ],
  );
});
