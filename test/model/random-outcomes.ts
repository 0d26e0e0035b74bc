/** Ends that a story about any number of clusters can have: as many as random orders of everything else bring to light. */
import fc from "fast-check";
import { MODE, SUCCESSOR } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { hasSelector } from "../../shared/selector.ts";
import type { Cluster } from "./cluster.ts";
import { arbitraryMachinery, makeMove, newService } from "./interleaving.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type PodChange, podAddress, type Script, type ScriptEvent, startedAddress } from "./script.ts";
import { World } from "./world.ts";

const LABELS = { app: "web" };
/** Steps of controllers, watches and sync processes between two events. */
const MOST_STEPS = 60;

/**
 * Outcomes by cluster of so many random orders, each once; the first is the one in which every event waits for rest. Orders in
 * which an event would change nothing are another story's, and left out.
 */
export function sampleOutcomes(script: Script, clusters: readonly string[], runs: number): Record<string, Outcome>[] {
  const between = fc.array(arbitraryMachinery, { maxLength: MOST_STEPS, size: "max" });
  const orders = fc.sample(fc.array(between, { minLength: script.events.length, maxLength: script.events.length }), {
    numRuns: runs,
    seed: 1,
  });
  const ends = new Map<string, Record<string, Outcome>>();
  for (const order of [undefined, ...orders]) {
    const world = begin(clusters);
    const happened = script.events.every((event, i) => {
      if (order) for (const move of order[i] ?? []) makeMove(world, clusters, move);
      else world.settle(400);
      return act(world, script, event, clusters);
    });
    if (!happened) continue;
    world.settle(400);
    const end = describe(world);
    ends.set(JSON.stringify(end), end);
  }
  return [...ends.values()];
}

function begin(clusters: readonly string[]): World {
  const world = new World(...clusters);
  const [first = "", second = ""] = clusters;
  world.cluster(first).createService(newService());
  for (const name of [first, second]) startPod(world, name, podAddress(name, clusters, 1));
  world.settle();
  world.lagging = true;
  world.observeAll();
  return world;
}

function startPod(world: World, cluster: string, ip: string): void {
  world.cluster(cluster).pods.set(ip, { ip, labels: LABELS, ready: true });
}

/** False if it changes nothing. */
function act(world: World, script: Script, event: ScriptEvent, clusters: readonly string[]): boolean {
  const cluster = world.cluster(event.cluster);
  const service = cluster.services.get(world.key.name);
  switch (event.kind) {
    case "mode": {
      world.wait(2_000);
      if (!service || annotation(service, MODE) === (event.mode ?? undefined)) return false;
      const named = event.successor ? { [SUCCESSOR]: event.successor } : {};
      world.annotate(cluster.name, { [MODE]: event.mode, ...named });
      return true;
    }
    case "delete":
      return cluster.services.delete(world.key.name);
    case "apply":
      if (hasSelector(service)) return false;
      if (service) cluster.patchService(service, { spec: { selector: LABELS } });
      else cluster.createService(newService());
      return true;
    case "pod": {
      const first = podAddress(cluster.name, clusters, 1);
      if (event.change === "starts") startPod(world, cluster.name, startedAddress(script, event, clusters));
      else if (event.change === "gone") cluster.pods.delete(first);
      else changePod(cluster, first, event.change);
      return true;
    }
  }
}

function changePod(cluster: Cluster, ip: string, change: PodChange): void {
  const pod = cluster.pods.get(ip);
  if (!pod) throw new Error(`no pod ${ip}`);
  cluster.pods.set(
    ip,
    change === "terminating" ? { ...pod, terminating: true } : { ...pod, ready: change === "ready" },
  );
}

function describe(world: World): Record<string, Outcome> {
  const outcomes = [...world.clusters.values()].map((cluster) => {
    const outcome = outcomeOf(world.key.name, {
      services: [...cluster.services.values()],
      slices: [...cluster.slices.values()],
      endpoints: cluster.endpoints.get(world.key.name),
      reason: world.reconcile(cluster.name).condition?.reason,
    });
    return [cluster.name, outcome] as const;
  });
  return Object.fromEntries(outcomes);
}
