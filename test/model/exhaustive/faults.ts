/** What goes wrong: crashes, ex-leaders, cut connections, manifests applied again, objects deleted by hand. */
import type { Service } from "../../../shared/kube/objects.ts";
import { CUT, type Draft, LISTED, OVERTAKEN, PENDING, STALE } from "./draft.ts";
import { overtake, replaceSide, type Scene } from "./kubernetes.ts";
import { admit, findAdvices, putService, sayAdvice } from "./people.ts";
import { COPIES, KEY, SERVICES } from "./sides.ts";
import type { Change, Space } from "./state.ts";
import { crash } from "./sync.ts";

/** The manifest of the Service, as its owner keeps it. */
export function manifest(annotations?: Record<string, string>): Service {
  return {
    metadata: { ...KEY, ...(annotations ? { annotations } : {}) },
    spec: {
      clusterIP: "172.20.0.1",
      selector: { app: "web" },
      ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }],
    },
  };
}

/** Every fault there may be in one cluster in this state. */
export function stepFaults(scene: Scene): void {
  const { space } = scene;
  failProcess(scene);
  if (space.mayFail("deletion")) deleteByHand(scene);
  if (space.mayFail("manifest")) applyManifest(scene);
  if (space.mayFail("late controller")) writeLate(scene);
}

/** Whose connections are cut. */
export const CUTS = [
  ["cut east", [0]],
  ["cut west", [1]],
  ["cut both", [0, 1]],
] as const;

/** The process of the cluster is cut off from the other one. */
export function stepCut({ draft, next, cluster, emit }: Scene): void {
  next.set(draft);
  next.process(cluster)[LISTED] = CUT;
  emit(next, () => "");
}

/** In words, which connections are cut. */
export function sayCut({ names }: Space, cut: readonly number[]): string {
  return `network: ${cut.map((one) => names[one]).join(" and ")} cannot read the other cluster`;
}

function begin({ draft, next }: Scene): Draft {
  next.set(draft).charge("faults");
  return next;
}

/** Between two writes of a pass the process is killed, or loses its lease without noticing while another one starts. */
function failProcess(scene: Scene): void {
  const { space, draft, cluster, emit } = scene;
  const pending = draft.process(cluster)[PENDING] as number;
  if (pending === 0) return;
  const next = begin(scene);
  crash(space, next, cluster);
  if (space.mayFail("crash")) emit(next, () => `${space.names[cluster]}: is killed within a pass`);
  if (!space.mayFail("former leader")) return;
  next.process(cluster)[STALE] = pending;
  next.process(cluster)[OVERTAKEN] = draft.process(cluster)[OVERTAKEN] as number;
  emit(next, () => `${space.names[cluster]}: another process leads; the former one has not noticed`);
}

function deleteByHand(scene: Scene): void {
  const { space, draft, cluster, emit } = scene;
  const side = draft.side(cluster);
  for (const { side: after, what } of space.deletions.of([side * 2 + cluster], () =>
    findDeletions(space, cluster, side),
  )) {
    replaceSide(space, begin(scene), cluster, after);
    overtake(space, scene.next, cluster);
    emit(scene.next, () => `user: deletes ${what} in ${space.names[cluster]}`);
  }
}

function findDeletions({ sides }: Space, cluster: number, side: number): Change[] {
  const objects = [
    ...sides.services.get(sides.table.at(side, SERVICES)).map(({ metadata }) => ["services", metadata.name] as const),
    ...sides.slices.get(sides.table.at(side, COPIES)).map(({ metadata }) => ["slices", metadata.name] as const),
  ];
  return objects.map(([kind, name]) => ({
    side: sides.change(cluster, side, (at) => at[kind].delete(name)).side,
    what: `${kind}/${name}`,
  }));
}

/** `kubectl apply` of the manifest as it was before anything was declared. */
function applyManifest(scene: Scene): void {
  const { space, plans, draft, cluster, emit } = scene;
  const made = new Set([draft.side(cluster)]);
  for (const advice of findAdvices(space, plans, draft, cluster)) {
    const side = apply(scene, advice);
    if (side === undefined || made.has(side)) continue;
    made.add(side);
    replaceSide(space, begin(scene), cluster, side);
    const who = sayAdvice(space, plans, draft, cluster, advice);
    emit(scene.next, () => `user: applies the manifest in ${space.names[cluster]} (${who()})`);
  }
}

function apply({ space, plans, draft, cluster }: Scene, advice: number): number | undefined {
  const side = draft.side(cluster);
  const { clock } = draft;
  return space.applied.of([side, cluster + 2 * (clock + 256 * advice)], () => {
    const old = space.sides.service(space.sides.table.at(side, SERVICES));
    const object = old ? { ...old, spec: { ...old.spec, selector: { app: "web" } } } : manifest();
    const admitted = old ? admit(space, plans, clock, cluster, old, object, advice) : object;
    return admitted && putService(space, side, cluster, admitted);
  });
}

/** The cache of the native controller is behind: it writes once more for the selector that was removed. */
function writeLate(scene: Scene): void {
  const { space, draft, cluster, emit } = scene;
  const late = space.sides.runNativeLate(cluster, draft.side(cluster));
  if (!late.done) return;
  replaceSide(space, begin(scene), cluster, late.side);
  overtake(space, scene.next, cluster);
  emit(scene.next, () => `${space.names[cluster]}: Kubernetes writes once more for the removed selector`);
}
