/**
 * Runs a row of a scenario table on the model and checks what holds for every row: after each step a second pass writes
 * nothing, inputs are untouched (the model freezes them), only what takes part is written, and no cluster goes from usable
 * to none unless the row says that the user asked for it.
 */
import assert from "node:assert/strict";
import { MODE } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import type { Snapshot } from "../../../shared/protocol/snapshot.ts";
import { watchWrites } from "../../model/invariants.ts";
import { World } from "../../model/world.ts";

/** What a cluster looks like at rest. Left-out fields are not checked. */
export interface Expected {
  /** Pods offered to clients, by the names given to `pods`. */
  serves?: string[];
  mode?: string | undefined;
  /** The live Service selects pods. */
  selects?: boolean;
  /** The Service exists. */
  exists?: boolean;
  /** Names of all Services there, the shadow included. */
  services?: string[];
  /** Reason of the condition. */
  reason?: string;
  /** Part of the condition's message. */
  message?: RegExp;
}

export interface Step {
  /** What somebody does. */
  act: (world: World) => void;
  /** The user asked for something that may leave a cluster without endpoints. */
  mayEmpty?: boolean;
  expect?: Record<string, Expected>;
}

/** The Service of all rows, with changes. */
export function webService(
  changes: { annotations?: Record<string, string>; spec?: Partial<Service["spec"]> } = {},
): Service {
  const { annotations, spec } = changes;
  return {
    metadata: { name: "web", namespace: "shop", ...(annotations ? { annotations } : {}) },
    spec: { selector: { app: "web" }, ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }], ...spec },
  };
}

/** Starts ready pods named `e1`, `w2`, … in a cluster. */
export function startPods(world: World, cluster: string, ...names: string[]): void {
  for (const name of names) {
    world.cluster(cluster).pods.set(name, { ip: addressOf(name), labels: { app: "web" }, ready: true });
  }
}

/** A replica of east in west, at rest, as west sees it. */
export function replicated(): Snapshot {
  const world = new World("east", "west");
  world.cluster("east").createService(webService());
  startPods(world, "east", "e1", "e2");
  world.settle();
  return world.snapshot("west");
}

/** One address for each pod name: `e1` is 10.1.0.1, `w2` is 10.2.0.2, `s3` is 10.3.0.3. */
export function addressOf(name: string): string {
  return `10.${"ews".indexOf(name[0] ?? "") + 1}.0.${name.slice(1)}`;
}

/** A mode annotation, as `kubectl annotate` sets it, a while after whatever happened before. */
export function declare(world: World, cluster: string, mode: string | null, more: Record<string, string> = {}): void {
  world.wait(5_000);
  world.annotate(cluster, { [MODE]: mode, ...more });
}

/** Plays the steps, each until rest. */
export function runScenario(clusters: readonly string[], steps: readonly Step[]): World {
  const world = new World(...clusters);
  steps.forEach((step, number) => {
    if (step.mayEmpty) world.aroundWrite = undefined;
    else watchWrites(world);
    step.act(world);
    world.settle();
    for (const name of clusters) {
      const { writes } = world.reconcile(name);
      assert.deepEqual(writes, [], `step ${number + 1}: a second pass in ${name} writes again`);
    }
    for (const [name, expected] of Object.entries(step.expect ?? {})) check(world, name, expected, number + 1);
  });
  return world;
}

function check(world: World, name: string, expected: Expected, number: number): void {
  const cluster = world.cluster(name);
  const service = cluster.services.get("web");
  const { condition } = world.reconcile(name);
  const found: Record<string, unknown> = {
    serves: world.served(name),
    mode: service?.metadata.annotations?.[MODE],
    selects: service?.spec.selector !== undefined && service.spec.selector !== null,
    exists: service !== undefined,
    services: [...cluster.services.keys()].sort(),
    reason: condition?.reason,
  };
  const { message, ...plain } = expected;
  const wanted: Record<string, unknown> = {
    ...plain,
    ...(plain.serves ? { serves: plain.serves.map(addressOf).sort() } : {}),
  };
  const compared = Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key]]));
  assert.deepEqual(compared, wanted, `step ${number}, ${name}:\n${world.log.slice(-25).join("\n")}`);
  if (message) assert.match(condition?.message ?? "", message, `step ${number}, ${name}`);
}
