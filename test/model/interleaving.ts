/** Random interleavings of users, pods, controllers, watches and crashes over the model, and what must hold throughout. */
import fc from "fast-check";
import { MODE, SUCCESSOR } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { MODES, type Mode } from "../../shared/mode.ts";
import { checkAtRest, watchWrites } from "./invariants.ts";
import { World } from "./world.ts";

/** One move of somebody. Numbers choose among what is there. */
export type Move =
  | { kind: "native"; cluster: number }
  | { kind: "sync"; cluster: number; most: number }
  | { kind: "observe"; cluster: number; peer: number; what: "services" | "slices" }
  | { kind: "mode"; cluster: number; mode: Mode; successor: number }
  | { kind: "pod"; cluster: number; change: "add" | "remove" | "ready" | "unready" }
  | { kind: "crash"; cluster: number }
  | { kind: "cut" | "heal"; cluster: number }
  | { kind: "unlink" | "link"; cluster: number; peer: number }
  | { kind: "time"; seconds: number };

const index = fc.nat({ max: 3 });

/** Moves of controllers, sync processes and watches. */
export const arbitraryMachinery: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("native" as const), cluster: index }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("sync" as const), cluster: index, most: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("observe" as const),
      cluster: index,
      peer: index,
      what: fc.constantFrom("services" as const, "slices" as const),
    }),
  },
);

/** Moves in the proportion in which interesting stories happen: much machinery, few commands. */
export const arbitraryMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 26, arbitrary: arbitraryMachinery },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("mode" as const),
      cluster: index,
      mode: fc.constantFrom(...MODES.filter((mode) => mode !== "singular")),
      successor: index,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pod" as const),
      cluster: index,
      change: fc.constantFrom("add" as const, "remove" as const, "ready" as const, "unready" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), cluster: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("cut" as const, "heal" as const), cluster: index }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("unlink" as const, "link" as const),
      cluster: index,
      peer: index,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("time" as const), seconds: fc.integer({ min: 1, max: 15 }) }) },
);

const LABELS = { app: "web" };

/** The manifest of the Service in all random stories. */
export function newService(): Service {
  return {
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: LABELS, ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }] },
  };
}

/** A world at rest: the Service in the first cluster with two ready pods, replicas elsewhere, pods waiting in the second. */
export function startWorld(...names: string[]): World {
  const world = new World(...names);
  const [first = "east", second = "west"] = names;
  world.cluster(first).createService(newService());
  addPod(world, first);
  addPod(world, first);
  addPod(world, second);
  addPod(world, second);
  world.settle();
  world.lagging = true;
  world.observeAll();
  return world;
}

/** Addresses are never used twice: a stale copy must not look alive because another pod got its address. */
function addPod(world: World, name: string): void {
  const at = [...world.clusters.keys()].indexOf(name) + 1;
  const number = ++world.podsMade;
  const ip = `10.${at}.0.${number}`;
  world.cluster(name).pods.set(ip, { ip, labels: LABELS, ready: true });
}

/** Plays moves and returns the story. Throws an Error that tells it when something that must hold does not. */
export function play(world: World, moves: readonly Move[]): void {
  const names = [...world.clusters.keys()];
  watchWrites(world);
  for (const move of moves) {
    makeMove(world, names, move);
  }
  for (const cluster of world.clusters.values()) cluster.reachable = true;
  for (const one of names) for (const other of names) world.heal(one, other);
  world.settle(400);
  checkAtRest(world);
}

/** Makes one move in a world of clusters with these names. */
export function makeMove(world: World, names: readonly string[], move: Move): void {
  const name = ("cluster" in move ? names[move.cluster % names.length] : undefined) ?? "";
  const cluster = world.clusters.get(name);
  switch (move.kind) {
    case "native":
      world.runNative(name);
      return;
    case "sync":
      world.reconcile(name, move.most);
      return;
    case "observe":
      world.observe(name, names[move.peer % names.length] ?? name, move.what);
      return;
    case "mode":
      declare(world, name, move.mode, names[move.successor % names.length] ?? name);
      return;
    case "pod":
      changePod(world, name, move.change);
      return;
    case "crash":
      cluster?.since.clear();
      return;
    case "cut":
    case "heal":
      if (cluster) cluster.reachable = move.kind === "heal";
      return;
    case "unlink":
    case "link":
      relink(world, name, names[move.peer % names.length] ?? name, move.kind);
      return;
    case "time":
      world.wait(move.seconds * 1000);
  }
}

/** The link between two clusters alone: each goes on reading the others. */
function relink(world: World, one: string, other: string, kind: "unlink" | "link"): void {
  if (one === other) return;
  world.log.push(`network: ${one} and ${other} ${kind === "link" ? "read each other" : "do not read each other"}`);
  if (kind === "link") world.heal(one, other);
  else world.cut(one, other);
}

function declare(world: World, name: string, mode: Mode, successor: string): void {
  if (!world.cluster(name).services.has("web")) return;
  const named = mode === "receiver" && successor !== name ? { [SUCCESSOR]: successor } : {};
  world.log.push(`user: ${name} becomes ${mode}${mode === "receiver" ? ` after ${successor}` : ""}`);
  world.annotate(name, { [MODE]: mode, ...named });
}

function changePod(world: World, name: string, change: "add" | "remove" | "ready" | "unready"): void {
  const { pods } = world.cluster(name);
  const all = [...pods.values()];
  world.log.push(`pods: ${name} ${change}`);
  if (change === "add") addPod(world, name);
  else if (change === "remove") pods.delete(all.at(-1)?.ip ?? "");
  else {
    const pod = all.find((candidate) => candidate.ready === (change === "unready"));
    if (pod) pods.set(pod.ip, { ...pod, ready: change === "ready" });
  }
}
