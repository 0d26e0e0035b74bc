import { setTimeout as sleep } from "node:timers/promises";
import {
  MANAGED_BY,
  MIN_READY_SECONDS,
  MODE,
  OUR_MANAGER,
  SERVICE_NAME,
  SHADOW_OF,
  SUCCESSOR,
} from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { annotation, type KubeObject, label } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, type NamespacedPaths, services } from "../../shared/kube/resources.ts";
import type { LabPod } from "../lab/lab.ts";
import { Application, type ApplicationOptions, removeAtOnce } from "./application.ts";
import type { Deed, Fault } from "./attack-script.ts";
import { together } from "./recipes.ts";
import type { Side, World } from "./world.ts";

/** Of a kind, what somebody may delete who thinks it is of no use. */
const SWEPT: Readonly<Record<string, { paths: NamespacedPaths; is(object: KubeObject, name: string): boolean }>> = {
  slices: {
    paths: endpointSlices,
    is: (slice, name) => label(slice, SERVICE_NAME) === name && label(slice, MANAGED_BY) === OUR_MANAGER,
  },
  shadow: { paths: services, is: (service, name) => label(service, SHADOW_OF) === name },
  endpoints: { paths: endpoints, is: ({ metadata }, name) => metadata.name === name },
};

/** An application under attack, with pods in every cluster. In each, the first one stays ready; the others come and go. */
export class Target {
  readonly app: Application;
  readonly #world: World;
  /** By cluster. */
  readonly #pods: ReadonlyMap<string, { pod: LabPod; ready: boolean }[]>;
  /** Declarations that were let pass, and the others with what was said to them. */
  readonly declared: string[] = [];
  readonly refused: string[] = [];
  #started = 0;

  constructor(world: World, name: string, options: ApplicationOptions = {}) {
    this.#world = world;
    this.app = new Application(name, options);
    this.#pods = new Map(world.sides.map((side) => [side.name, []]));
  }

  /** Starts a pod in every cluster that has none. */
  async startPods(): Promise<void> {
    for (const side of this.#world.sides) if (this.#of(side).length === 0) await this.#startPod(side);
  }

  /** The pods of a cluster by the names that a summary has for them. */
  pods(side: Side): { name: string }[] {
    return this.#of(side).map(({ pod, ready }) => ({ name: ready ? pod.name : `${pod.name} (unready)` }));
  }

  /** Ends, at once, the pods that are not ready; in some clusters all. */
  async endPods(emptied: readonly Side[]): Promise<void> {
    for (const side of this.#world.sides) {
      const pods = this.#of(side);
      const ended = pods.filter(({ ready }) => !ready || emptied.includes(side));
      pods.splice(0, pods.length, ...pods.filter((one) => !ended.includes(one)));
      await removeAtOnce(ended.map(({ pod }) => pod));
    }
  }

  async act(deed: Deed): Promise<void> {
    const side = sideOf(this.#world, deed.cluster);
    switch (deed.kind) {
      case "mode":
        return this.declare(side, deed.mode, deed.successor);
      case "pod":
        return this.#changePod(side, deed.change);
      case "apply":
        return this.apply(side);
      case "delete":
        return unlessGone(side.client.remove(services.one(this.app.namespace, this.app.name)));
      case "sweep":
        return this.#sweep(side, deed.what);
    }
  }

  /** Says a mode as `kubectl annotate` does; what changes nothing is not said. */
  async declare(side: Side, mode: string | null, successor?: string): Promise<void> {
    const service = await this.app.read(side);
    if (!service || annotation(service, MODE) === (mode ?? undefined)) return;
    const further = { [MIN_READY_SECONDS]: "1", ...(successor ? { [SUCCESSOR]: successor } : {}) };
    const said = `${side.name} ${mode ?? "no mode"}`;
    const refusal = await this.app.say(side, { [MODE]: mode, ...further });
    if (refusal === undefined) this.declared.push(said);
    else this.refused.push(`${said}: ${refusal}`);
  }

  /** The manifest as its owner keeps it: without a mode. */
  async apply({ name, cluster }: Side): Promise<void> {
    const result = await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(this.app.manifest()));
    // Somebody may delete it, or make it, between kubectl's read and its write.
    const isRaced = /NotFound|AlreadyExists|Conflict/.test(result.stderr);
    if (result.code !== 0 && !isRaced) throw new Error(`kubectl apply in ${name}: ${result.stderr}`);
  }

  #of(side: Side): { pod: LabPod; ready: boolean }[] {
    return this.#pods.get(side.name) ?? [];
  }

  async #startPod(side: Side): Promise<void> {
    const { name, namespace, pods } = this.app;
    this.#started += 1;
    const spec = { name: `${name}-${side.name}-${this.#started}`, namespace, labels: { app: name } };
    const pod = await side.cluster.startPod(spec);
    pods.push(pod);
    this.#of(side).push({ pod, ready: true });
  }

  async #changePod(side: Side, change: "starts" | "unready" | "ready"): Promise<void> {
    if (change === "starts") return this.#startPod(side);
    const [, ...others] = this.#of(side);
    const entry = others.find(({ ready }) => ready === (change === "unready"));
    if (!entry) return;
    entry.ready = change === "ready";
    await entry.pod.setReady(entry.ready);
  }

  async #sweep({ client }: Side, what: string): Promise<void> {
    const { paths, is } = SWEPT[what] ?? {};
    if (!paths || !is) throw new Error(`nothing is known of ${what}`);
    const { items } = await client.list<KubeObject>(paths.in(this.app.namespace));
    for (const object of items.filter((one) => is(one, this.app.name)))
      await unlessGone(client.remove(paths.one(this.app.namespace, object.metadata.name)));
  }
}

async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (classifyError(error) !== "notFound") throw error;
  }
}

function sideOf({ sides }: World, name: string): Side {
  const side = sides.find((one) => one.name === name);
  if (!side) throw new Error(`no cluster ${name}`);
  return side;
}

/** Does each deed at its time, whether the ones before it are done or not. */
export async function attack(target: Target, deeds: readonly Deed[]): Promise<void> {
  await together(...deeds.map((deed) => sleep(deed.at).then(() => target.act(deed))));
}

/** Brings about the faults, and ends them again. Of two that concern one thing the later one waits for the end of the other. */
export async function disturb(world: World, faults: readonly Fault[]): Promise<void> {
  const ends = new Map<string, Promise<void>>();
  for (const fault of faults) {
    const thing = fault.kind === "cut" ? [fault.cluster, fault.other].sort().join() : `${fault.cluster} ${fault.kind}`;
    const before = ends.get(thing) ?? Promise.resolve();
    ends.set(
      thing,
      Promise.all([sleep(fault.at), before]).then(() => bring(world, fault)),
    );
  }
  await together(...ends.values());
}

async function bring(world: World, fault: Fault): Promise<void> {
  const { agent, cluster } = sideOf(world, fault.cluster);
  if (fault.kind === "cut") {
    const other = sideOf(world, fault.other).cluster;
    await cluster.cutFrom(other);
    await sleep(fault.lasts);
    return cluster.healFrom(other);
  }
  const program = agent[fault.kind];
  program?.kill("SIGKILL");
  await program?.exited;
  await sleep(fault.lasts);
  return fault.kind === "sync" ? agent.startSync() : agent.startWebhook();
}
