import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MIN_READY_SECONDS, MODE, SUCCESSOR } from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { annotation, type EndpointSlice, type Endpoints, type Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import { hasSelector } from "../../shared/selector.ts";
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
const PATIENCE_SECONDS = 60;
/** A pod terminates until its story has ended. */
const LONG_GRACE_SECONDS = 600;

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
   * Waits until nothing is written any more and the clusters hold one of `quick`, the ends found at little cost. What is there
   * at rest after long is compared with `all`. Throws if it is none of these.
   */
  async waitEnd(script: Script, quick: readonly string[], all: () => readonly string[]): Promise<void> {
    const deadline = performance.now() + PATIENCE_SECONDS * 1000;
    let found = await this.#waitQuiet();
    while (!quick.includes(found) && performance.now() < deadline) found = await this.#waitQuiet();
    if (quick.includes(found)) return;
    const ends = all();
    if (ends.includes(found)) return;
    const where = `${this.#app.namespace}: ${tellScript(script)}`;
    throw new Error(`${where}: ends as\n${found}\nwhere the model ends as one of\n${ends.join("\n")}`);
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
        if (hasSelector(await this.#app.read(side))) return false;
        await this.#apply(side);
        return true;
      case "delete":
        return this.#delete(side);
      case "pod": {
        const first = podAddress(side.name, this.#names, 1);
        if (event.change === "starts") await this.#startPod(side, startedAddress(script, event, this.#names));
        else if (event.change === "gone") await this.#pod(first).remove(0);
        else if (event.change === "terminating") await this.#pod(first).remove(LONG_GRACE_SECONDS);
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
    return (await this.#app.say(side, { [MODE]: mode, ...further })) === undefined;
  }

  async #delete(side: Side): Promise<boolean> {
    if (!(await this.#app.read(side))) return false;
    await side.cluster.call("DELETE", `/api/v1/namespaces/${this.#app.namespace}/services/web`);
    return true;
  }

  /** Waits until nothing was written for a while, and returns what is there. */
  async #waitQuiet(): Promise<string> {
    let before = await this.#look();
    return waitFor(`quiet in ${this.#app.namespace}`, async () => {
      await sleep(QUIET_MS);
      const { versions } = before;
      before = await this.#look();
      return before.versions === versions ? { done: JSON.stringify(before.outcomes) } : { seen: "writes" };
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
    const told = some.map(({ number }) => played.get(number) as Script);
    const quick = told.map((script) => reach(world, script, false));
    await together(
      ...some.map(({ story }, i) => {
        const script = told[i] as Script;
        return story.waitEnd(script, quick[i] ?? [], () => reach(world, script, true));
      }),
    );
    for (const { number } of some) t.diagnostic(`${prefix}-${number}: ${tellScript(played.get(number) as Script)}`);
  }
}

const PACES: readonly Pace[] = ["at rest", 0, 400];

/** Ends of a story on the model: without watches that lag, which is quick, or all. */
function reach({ sides }: World, script: Script, all: boolean): string[] {
  const names = sides.map(({ name }) => name);
  const many = names.length > 2;
  const ends = many ? sampleOutcomes(script, names, all ? ORDERS : 10) : reachOutcomes(script, all ? 1 : 0);
  return ends.map((end) => JSON.stringify(end));
}
