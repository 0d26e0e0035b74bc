import assert from "node:assert/strict";
import { test } from "node:test";
import { findLeftovers } from "../../../plugin/check/leftovers.ts";
import type { World } from "../../model/world.ts";
import { deleteService, replicated } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

const KNOWN = new Set(["east", "west"]);

function leftoversOf(world: World, cluster: string, known: ReadonlySet<string> | undefined = KNOWN) {
  const { services, slices } = world.cluster(cluster);
  return findLeftovers([...services.values()], [...slices.values()], known);
}

test("nothing is left over where all is at rest", () => {
  for (const make of [replicated, union, moved]) {
    for (const cluster of ["east", "west"]) {
      assert.deepEqual(leftoversOf(make(), cluster), { orphans: [], frozen: [], owned: [] });
    }
  }
});

test("copies and replicas of a cluster nobody knows, but only if it is told who is known", () => {
  const { orphans } = leftoversOf(replicated(), "west", new Set(["west"]));
  assert.deepEqual(
    orphans.map((name) => name.split(" ")[0]),
    ["EndpointSlice", "Service"],
  );
  const { services, slices } = replicated().cluster("west");
  assert.deepEqual(findLeftovers([...services.values()], [...slices.values()], undefined).orphans, []);
});

test("copies and a shadow whose Service is gone", () => {
  const world = union();
  deleteService(world, "east");
  const { orphans } = leftoversOf(world, "east");
  assert.deepEqual(orphans.map((name) => name.split(" ")[0]).sort(), ["EndpointSlice", "EndpointSlice", "Service"]);
});

test("native slices of a stripped Service are frozen", () => {
  const world = moved();
  const { services, slices } = world.cluster("east");
  const [native] = [...world.cluster("west").slices.values()];
  assert.ok(native);
  const { frozen } = findLeftovers([...services.values()], [...slices.values(), native], KNOWN);
  assert.deepEqual(frozen, ["shop/web"]);
});

const tools: [string, object, string][] = [
  ["Argo CD by annotation", { annotations: { "argocd.argoproj.io/tracking-id": "x" } }, "Argo CD"],
  ["Flux", { labels: { "kustomize.toolkit.fluxcd.io/name": "x" } }, "Flux"],
  ["Helm", { annotations: { "meta.helm.sh/release-name": "x" } }, "Helm"],
];

for (const [name, metadata, tool] of tools) {
  test(`a Service that is applied by ${name}`, () => {
    const world = union();
    const cluster = world.cluster("east");
    const service = cluster.services.get("web");
    assert.ok(service);
    cluster.patchService(service, { metadata });
    assert.deepEqual(leftoversOf(world, "east").owned, [{ service: "shop/web", tool }]);
  });
}
