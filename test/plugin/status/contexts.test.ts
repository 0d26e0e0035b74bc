import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kubeconfig } from "../../../plugin/clusters/kubeconfig.ts";
import { type Session, withoutTwins } from "../../../plugin/clusters/session.ts";
import { chooseContexts } from "../../../plugin/status/contexts.ts";
import { parseIdentity } from "../../../shared/identity.ts";

const URL = "https://gate.example:443";
const none = { context: undefined, contexts: undefined };

/** One context for each cluster entry. */
function config(clusters: Record<string, object>): Kubeconfig {
  const names = Object.keys(clusters);
  return {
    "current-context": names[0] ?? "",
    clusters: names.map((name) => ({ name, cluster: clusters[name] })),
    users: [],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
  };
}

const grouped: [string, Record<string, object>, string[]][] = [
  ["one server, one context", { a: { server: URL }, b: { server: URL } }, ["a"]],
  ["another URL", { a: { server: URL }, b: { server: `${URL}0` } }, ["a", "b"]],
  [
    "another name behind one URL",
    { a: { server: URL, "tls-server-name": "kube.a" }, b: { server: URL, "tls-server-name": "kube.b" } },
    ["a", "b"],
  ],
  ["another proxy", { a: { server: URL }, b: { server: URL, "proxy-url": "http://p:1" } }, ["a", "b"]],
];

for (const [what, clusters, names] of grouped) {
  test(`contexts by default: ${what}`, () =>
    assert.deepEqual(chooseContexts(config(clusters), none, {}), { names, named: false }));
}

test("named contexts are all looked at", () =>
  assert.deepEqual(
    chooseContexts(config({ a: { server: URL }, b: { server: URL } }), { ...none, contexts: "a,b" }, {}).names,
    ["a", "b"],
  ));

function session(context: string, name: string, uid?: string): Session {
  const status = { name, context, server: "", reachable: true, installed: true };
  const identity = uid === undefined ? undefined : parseIdentity({ clusterName: name, clusterUid: uid });
  return { status, ...(identity ? { identity } : {}) };
}

test("two contexts that lead to one cluster are one, the first", () => {
  const sessions = [session("a", "east", "1"), session("b", "west", "2"), session("c", "east", "1"), session("d", "d")];
  assert.deepEqual(
    withoutTwins(sessions).map(({ status }) => status.context),
    ["a", "b", "d"],
  );
});

test("two clusters of one name are refused", () =>
  assert.throws(
    () => withoutTwins([session("a", "east", "1"), session("b", "east", "2")]),
    /contexts a and b lead to a cluster called east/,
  ));
