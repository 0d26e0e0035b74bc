import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EndpointSlice, Endpoints } from "../../../shared/kube/objects.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import type { ClusterView, Snapshot } from "../../../shared/protocol/snapshot.ts";
import { World } from "../../model/world.ts";
import { startPods, webService } from "./scenario.ts";

// What a peer says is not always to be believed: addresses of no pod, and more than there can be.

/** A replica of east in west, at rest; `strange` are pods of east at these addresses. */
function replicated(...strange: string[]): World {
  const world = new World("east", "west");
  world.cluster("east").createService(webService());
  startPods(world, "east", "e1", "e2");
  for (const ip of strange) world.cluster("east").pods.set(ip, { ip, labels: { app: "web" }, ready: true });
  world.settle();
  return world;
}

/** The snapshot of west with east's view changed. */
function seen(world: World, change: Partial<ClusterView>): Snapshot {
  const snapshot = world.snapshot("west");
  const east = snapshot.clusters.get("east") as ClusterView;
  return { ...snapshot, clusters: new Map([...snapshot.clusters, ["east", { ...east, ...change }]]) };
}

describe("addresses that are not taken", () => {
  test("those of no pod are left out and named; the others are served", () => {
    const world = replicated("169.254.169.254", "127.0.0.1");
    assert.deepEqual(world.served("west"), ["10.1.0.1", "10.1.0.2"]);
    const { writes, condition } = planService(world.snapshot("west"));
    assert.deepEqual(writes, []);
    assert.equal(condition?.reason, "AddressRefused");
    assert.match(
      condition?.message ?? "",
      /east are not taken.*: (169.254.169.254, 127.0.0.1|127.0.0.1, 169.254.169.254)$/,
    );
  });

  test("networks that a peer is limited to later take addresses away, and say which", () => {
    const limited = seen(replicated(), { podCIDRs: ["10.1.0.1/32"] });
    const [copy, endpoints] = planService(limited).writes;
    assert.ok(copy?.verb === "update" && endpoints?.verb === "update");
    const west = limited.clusters.get("west") as ClusterView;
    const written = { ...west, slices: [copy.body as EndpointSlice], endpoints: endpoints.body as Endpoints };
    const after = { ...limited, clusters: new Map([...limited.clusters, ["west", written]]) };
    const { writes, condition } = planService(after);
    assert.deepEqual(writes, []);
    assert.equal(condition?.reason, "AddressRefused");
    assert.match(condition?.message ?? "", /outside of its pod networks 10\.1\.0\.1\/32: 10\.1\.0\.2$/);
  });

  test("nothing is said where nothing is refused, nor about names", () => {
    assert.equal(planService(replicated().snapshot("west")).condition?.reason, "InSync");
    const world = replicated();
    const names = { ...world.snapshot("east").clusters.get("east")?.slices[0], addressType: "FQDN" };
    const slices = [...(world.snapshot("west").clusters.get("east")?.slices ?? []), names] as ClusterView["slices"];
    assert.notEqual(planService(seen(world, { slices })).condition?.reason, "AddressRefused");
  });
});

test("a quarantined peer is named as such, and what is known of it stays", () => {
  const barred = "more than 100000 objects";
  const { writes, condition } = planService(seen(replicated(), { listed: false, barred, slices: [] }));
  assert.deepEqual(writes, []);
  assert.equal(condition?.reason, "Quarantined");
  assert.match(condition?.message ?? "", /^east is not followed: more than 100000 objects; east cannot be read/);
});
