import { judge, type Member } from "../../plugin/judge.ts";
import type { Situation } from "../../plugin/migrate/situation.ts";
import type { Clock } from "../../shared/kube/clock.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { World } from "../model/world.ts";

/** A Service as a user makes it. */
export function webService(spec: Partial<Service["spec"]> = {}): Service {
  const ports = [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop" },
    spec: { type: "ClusterIP", selector: { app: "web" }, ports, ...spec },
  };
}

/** Ready pods `10.<cluster>.0.<n>` behind `labels`. */
export function startPods(
  world: World,
  name: string,
  count: number,
  labels: Record<string, string> = { app: "web" },
): void {
  const number = [...world.clusters.keys()].indexOf(name) + 1;
  for (let i = 1; i <= count; i++) {
    const ip = `10.${number}.0.${i}`;
    world.cluster(name).pods.set(ip, { ip, labels, ready: true });
  }
}

/** East serves `web` with three pods, west has the replica; everything is at rest. */
export function replicated(spec: Partial<Service["spec"]> = {}): World {
  const world = new World("east", "west");
  createService(world, "east", webService(spec));
  startPods(world, "east", 3);
  letRest(world);
  return world;
}

/** Lets controllers and sync processes work for so many seconds of the world's time, one pass each. */
export function pass(world: World, seconds = 1): void {
  for (let i = 0; i < seconds; i++) {
    world.wait(1000);
    for (const name of world.clusters.keys()) {
      world.runNative(name);
      world.reconcile(name);
    }
  }
}

/** Lets everything happen that happens by itself. */
export function letRest(world: World): void {
  pass(world, 40);
}

export function membersOf(world: World): Member[] {
  return [...world.clusters.keys()].map((name) => ({ name, peer: true, judged: true, settings: world.settings }));
}

/** One look at all clusters, as the plugin gets it. */
export function lookAt(world: World): Situation {
  const views = new Map(
    [...world.clusters.keys()].map((name) => {
      const view = world.snapshot(name, true).clusters.get(name);
      if (!view) throw new Error(`no view of ${name}`);
      return [name, world.cluster(name).reachable ? view : { ...view, listed: false }] as const;
    }),
  );
  return { views, verdicts: judge(world.key, membersOf(world), views, world.now), now: world.now };
}

/** A clock whose waiting makes the world go on. */
export function worldClock(world: World): Clock {
  return {
    now: () => world.now,
    after(ms, callback) {
      let called = false;
      queueMicrotask(() => {
        if (called) return;
        called = true;
        pass(world, Math.max(1, Math.round(ms / 1000)));
        callback();
      });
      return () => {
        called = true;
      };
    },
  };
}

/** A user creates a Service. */
export function createService(world: World, name: string, service: Service): void {
  world.cluster(name).createService(service);
}

/** A user deletes the Service. */
export function deleteService(world: World, name: string): void {
  world.cluster(name).services.delete(world.key.name);
}
