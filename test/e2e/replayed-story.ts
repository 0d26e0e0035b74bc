import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MIN_READY_SECONDS, MODE, SUCCESSOR } from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { annotation, type EndpointSlice, type Endpoints, type Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import type { PodObject } from "../lab/pod.ts";
import { reachOutcomes } from "../model/exhaustive/script-outcomes.ts";
import { type Outcome, outcomeOf } from "../model/outcome.ts";
import { sampleOutcomes } from "../model/random-outcomes.ts";
import { podAddress, type Script, type ScriptEvent, startedAddress, tellScript } from "../model/script.ts";
import { Application } from "./application.ts";
import { together } from "./recipes.ts";
import { waitFor } from "./waiting.ts";
import type { Side, World } from "./world.ts";

/** Nothing has been written for this long: clusters are at rest, or hold. Longer than the one second that min-ready-seconds are set to. */
const QUIET_MS = 3000;
/** Without the webhook, times are whole seconds, and two declarations within one have no order. */
const COMMAND_MS = 1100;
const PATIENCE_SECONDS = 120;

/** How the events follow each other: each when nothing is written any more, or so many milliseconds after the one before. */
export type Pace = "at rest" | number;

/** What a story's namespace holds, for comparing with what the model says, and a text that changes with every write. */
interface Sight {
  outcomes: Record<string, Outcome>;
  versions: string;
}

/** A story of the model, played on real clusters in a namespace of its own: pods are objects at the model's addresses. */
export class ReplayedStory {
  readonly #world: World;
  readonly #app: Application;
  readonly #names: readonly string[];
  readonly #pods = new Map<string, PodObject>();

  constructor(world: World, namespace: string) {
    this.#world = world;
    this.#app = new Application("web", { namespace });
    this.#names = world.sides.map(({ name }) => name);
  }

  /** The beginning: a Service in the first cluster, a ready pod in the first two. */
  async begin(): Promise<void> {
    const [first, second] = this.#world.sides as [Side, Side];
    await this.#app.prepare(this.#world);
    for (const side of [first, second]) await this.#startPod(side, podAddress(side.name, this.#names, 1));
    await this.#apply(first);
    await this.#waitQuiet();
  }

  /** Plays the events, and returns those that could be: what changes nothing, or is refused by the webhook, is left out. */
  async play(script: Script, pace: Pace): Promise<Script> {
    const done: ScriptEvent[] = [];
    for (const event of script.events) {
      if (pace === "at rest" || event.kind === "delete") await this.#waitQuiet();
      else await sleep(event.kind === "mode" ? Math.max(COMMAND_MS, pace) : pace);
      if (await this.#act(script, event)) done.push(event);
    }
    return { ...script, events: done };
  }

  /**
   * Waits until nothing is written any more and the clusters hold what the model says they can. `reachable` gives the ends that
   * are known, and is asked again with `true` for all there are before anything is called a difference.
   */
  async waitEnd(script: Script, reachable: (all: boolean) => readonly Record<string, Outcome>[]): Promise<void> {
    let all = false;
    let before = await this.#look();
    await waitFor(
      `${this.#app.namespace} to end as the model does after: ${tellScript(script)}`,
      async () => {
        await sleep(QUIET_MS);
        const now = await this.#look();
        const quiet = now.versions === before.versions;
        before = now;
        if (!quiet) return { seen: "still writing" };
        const found = JSON.stringify(now.outcomes);
        if (reachable(all).some((end) => JSON.stringify(end) === found)) return { done: undefined };
        all = true;
        const ends = reachable(all).map((end) => JSON.stringify(end));
        return { seen: `${found}\nwhere the model ends with one of:\n${ends.join("\n")}` };
      },
      PATIENCE_SECONDS,
    );
  }

  #side(name: string): Side {
    const side = this.#world.sides.find((one) => one.name === name);
    if (!side) throw new Error(`no cluster ${name}`);
    return side;
  }

  /** False if it changes nothing or is refused. */
  async #act(script: Script, event: ScriptEvent): Promise<boolean> {
    const side = this.#side(event.cluster);
    switch (event.kind) {
      case "mode":
        return this.#declare(side, event.mode, event.successor);
      case "apply":
        await this.#apply(side);
        return true;
      case "delete":
        return this.#delete(side);
      case "pod": {
        const first = podAddress(side.name, this.#names, 1);
        if (event.change === "starts") await this.#startPod(side, startedAddress(script, event, this.#names));
        else if (event.change === "gone") await this.#pod(first).remove(0);
        else await this.#pod(first).setReady(event.change === "ready");
        return true;
      }
    }
  }

  #pod(ip: string): PodObject {
    const pod = this.#pods.get(ip);
    if (!pod) throw new Error(`no pod ${ip}`);
    return pod;
  }

  async #startPod(side: Side, ip: string): Promise<void> {
    const name = `web-${ip.replaceAll(".", "-")}`;
    const { namespace } = this.#app;
    this.#pods.set(ip, await side.cluster.placePod({ name, namespace, labels: { app: "web" } }, ip));
  }

  async #apply(side: Side): Promise<void> {
    const result = await side.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(this.#app.manifest()));
    if (result.code !== 0) throw new Error(`kubectl apply in ${side.name}: ${result.stderr}`);
  }

  async #declare(side: Side, mode: string | null, successor: string | undefined): Promise<boolean> {
    const service = await this.#app.read(side);
    if (!service || annotation(service, MODE) === (mode ?? undefined)) return false;
    const further = { [MIN_READY_SECONDS]: "1", ...(successor ? { [SUCCESSOR]: successor } : {}) };
    const path = `/api/v1/namespaces/${this.#app.namespace}/services/web?fieldManager=kubectl-annotate`;
    const body = { metadata: { annotations: { [MODE]: mode, ...further } } };
    const { status } = await side.cluster.request("PATCH", path, body);
    if (status !== 200 && status !== 400 && status !== 403) throw new Error(`mode ${mode} in ${side.name}: ${status}`);
    return status === 200;
  }

  async #delete(side: Side): Promise<boolean> {
    if (!(await this.#app.read(side))) return false;
    await side.cluster.call("DELETE", `/api/v1/namespaces/${this.#app.namespace}/services/web`);
    return true;
  }

  async #waitQuiet(): Promise<void> {
    let before = await this.#look();
    await waitFor(`quiet in ${this.#app.namespace}`, async () => {
      await sleep(QUIET_MS);
      const { versions } = before;
      before = await this.#look();
      return before.versions === versions ? { done: undefined } : { seen: "writes" };
    });
  }

  async #look(): Promise<Sight> {
    const sights = await Promise.all(this.#world.sides.map((side) => this.#lookAt(side)));
    return {
      outcomes: Object.fromEntries(sights.map(({ name, outcome }) => [name, outcome])),
      versions: sights.map(({ versions }) => versions).join(),
    };
  }

  async #lookAt({ name, client }: Side) {
    const { namespace } = this.#app;
    const [found, slices, object] = await Promise.all([
      client.list<Service>(services.in(namespace)),
      client.list<EndpointSlice>(endpointSlices.in(namespace)),
      client.get<Endpoints>(endpoints.one(namespace, "web")).catch((error: unknown) => {
        if (classifyError(error) !== "notFound") throw error;
        return undefined;
      }),
    ]);
    const objects = [...found.items, ...slices.items, ...(object ? [object] : [])];
    const outcome = outcomeOf("web", { services: found.items, slices: slices.items, endpoints: object });
    return { name, outcome, versions: objects.map(({ metadata }) => metadata.resourceVersion).join() };
  }
}

/** Stories that are played at the same time. */
const AT_ONCE = 12;
/** Random orders in which a story of more than two clusters is played on the model. */
const ORDERS = 300;

/**
 * Plays stories, each in a namespace that begins with `prefix`, and checks that each ends as it can in the model. `disturb`
 * brings about what the scripts name as their disturbance, once for all of them, and is told when their events have happened.
 */
export async function checkStories(
  t: TestContext,
  world: World,
  prefix: string,
  scripts: readonly Script[],
  disturb: (played: Promise<void>) => Promise<void> = (played) => played,
): Promise<void> {
  for (let first = 0; first < scripts.length; first += AT_ONCE) {
    const some = scripts.slice(first, first + AT_ONCE).map((script, i) => {
      const number = first + i;
      return { script, number, story: new ReplayedStory(world, `${prefix}-${number}`) };
    });
    await together(...some.map(({ story }) => story.begin()));
    const played = new Map<number, Script>();
    const play = async ({ script, number, story }: (typeof some)[number]) => {
      played.set(number, await story.play(script, PACES[number % PACES.length] as Pace));
    };
    await disturb(together(...some.map(play)));
    await together(
      ...some.map(({ story, number }) => {
        const script = played.get(number) as Script;
        return story.waitEnd(script, (all) => reach(world, script, all));
      }),
    );
    for (const { number } of some) t.diagnostic(`${prefix}-${number}: ${tellScript(played.get(number) as Script)}`);
  }
}

const PACES: readonly Pace[] = ["at rest", 0, 400];

const reached = new Map<string, readonly Record<string, Outcome>[]>();

/** Ends of a story on the model. First without watches that lag, which is quick; all others only where that is not enough. */
function reach({ sides }: World, script: Script, all: boolean): readonly Record<string, Outcome>[] {
  const names = sides.map(({ name }) => name);
  const key = `${names} ${all} ${tellScript(script)}`;
  const found =
    reached.get(key) ??
    (names.length > 2 ? sampleOutcomes(script, names, all ? ORDERS : 10) : reachOutcomes(script, all ? 1 : 0));
  reached.set(key, found);
  return found;
}
