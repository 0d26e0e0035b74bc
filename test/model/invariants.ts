/** What must hold in a random world: after each write, and at rest. */
import { impliedMode, parseIntent } from "../../shared/intent.ts";
import { INTENT, MANAGED_BY, MODE, NATIVE_MANAGER, SERVICE_NAME } from "../../shared/keys.ts";
import { label } from "../../shared/kube/objects.ts";
import { isReady } from "../../shared/protocol/usable.ts";
import { hasSelector } from "../../shared/selector.ts";
import type { Cluster } from "./cluster.ts";
import type { World } from "./world.ts";

/**
 * Addresses that a cluster offers and that Kubernetes, in the cluster where their pod lives, tracks as ready now. More than
 * that nobody can know: a pod may have died a moment ago. What frozen slices say does not count.
 */
function offered(world: World, name: string): string[] {
  const known = new Set([...world.clusters.values()].flatMap(trackedReady));
  return world.served(name).filter((ip) => known.has(ip));
}

function trackedReady(cluster: Cluster): string[] {
  const tracked = [...cluster.slices.values()].filter(
    (slice) =>
      label(slice, MANAGED_BY) === NATIVE_MANAGER &&
      hasSelector(cluster.services.get(label(slice, SERVICE_NAME) ?? "")),
  );
  return tracked.flatMap((slice) => (slice.endpoints ?? []).filter(isReady).flatMap(({ addresses }) => addresses));
}

/**
 * No write of ours takes the last usable endpoint of a cluster. Updated copies are not judged: they show the source as the
 * watch had it, and pods that change both ways within that lag may pass each other.
 */
export function watchWrites(world: World): void {
  world.aroundWrite = (write, perform) => {
    const before = new Map([...world.clusters.keys()].map((name) => [name, offered(world, name).length]));
    const done = perform();
    if (write.verb === "update") return done;
    for (const [name, count] of before) {
      if (count > 0 && offered(world, name).length === 0) throw tell(world, `${name} lost its last usable endpoint`);
    }
    return done;
  };
}

/** At rest: no dead address anywhere, nothing frozen, one truth about who serves. */
export function checkAtRest(world: World): void {
  const living = new Set([...world.clusters.values()].flatMap(({ pods }) => [...pods.keys()]));
  for (const cluster of world.clusters.values()) {
    const dead = world.served(cluster.name).filter((ip) => !living.has(ip));
    if (dead.length) throw tell(world, `${cluster.name} offers dead addresses at rest: ${dead.join(", ")}`);
    const service = cluster.services.get("web");
    const native = [...cluster.slices.values()].filter(
      (slice) => label(slice, MANAGED_BY) === NATIVE_MANAGER && slice.metadata.name === "web-native",
    );
    if (native.length && !hasSelector(service)) throw tell(world, `${cluster.name} keeps frozen slices at rest`);
  }
  const copies = [...world.clusters.values()].map((cluster) => {
    const annotations = cluster.services.get("web")?.metadata.annotations ?? {};
    const intent = parseIntent(annotations[INTENT]);
    const implied = impliedMode(intent, cluster.name);
    const said = intent && `${intent.mode} at ${intent.at}, ${intent.time}`;
    return { implied, said, stamped: annotations[MODE] === implied };
  });
  if (!copies.every(({ stamped }) => stamped)) throw tell(world, "a declaration was never stamped or put back");
  if (copies.every(({ implied }) => implied === "receiver")) throw tell(world, "everyone is a receiver");
  if (new Set(copies.map(({ said }) => said)).size > 1) throw tell(world, "the clusters do not agree on the intent");
  checkTruth(world);
}

/** Everyone offers what serves: the server's ready pods once it has some, in a union everybody's. */
function checkTruth(world: World): void {
  const clusters = [...world.clusters.values()];
  const intent = parseIntent(clusters[0]?.services.get("web")?.metadata.annotations?.[INTENT]);
  if (!intent) return;
  const serving = clusters.filter(({ name }) => intent.mode === "union" || name === intent.at);
  const ready = serving.flatMap(({ pods }) => [...pods.values()].filter((pod) => pod.ready).map(({ ip }) => ip)).sort();
  if (ready.length === 0) return;
  for (const { name } of clusters) {
    const found = world.served(name).join(", ");
    if (found !== ready.join(", ")) throw tell(world, `${name} offers ${found} at rest, ready is ${ready.join(", ")}`);
  }
}

/** The story so far as an error. */
function tell(world: World, what: string): Error {
  return new Error(`${what}\n${world.log.slice(-60).join("\n")}`);
}
