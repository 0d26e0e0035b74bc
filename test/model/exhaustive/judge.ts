/** What must hold: after every write of ours, and wherever nothing is left to do. Worked out from the objects alone. */
import { impliedMode, latestIntent, parseIntent } from "../../../shared/intent.ts";
import {
  INTENT,
  MANAGED_BY,
  MODE,
  NATIVE_MANAGER,
  REPLICA_OF,
  SERVICE_NAME,
  SOURCE_CLUSTER,
} from "../../../shared/keys.ts";
import { annotation, type EndpointSlice, type Endpoints, label, type Service } from "../../../shared/kube/objects.ts";
import type { Write } from "../../../shared/protocol/write.ts";
import { hasSelector } from "../../../shared/selector.ts";
import { addressesIn, isFrozen, readyIn, usableIn } from "./addresses.ts";
import type { Draft } from "./draft.ts";
import { Pairs } from "./pairs.ts";
import { COPIES, ENDPOINTS, KEY, NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

/** What clients of one cluster are offered, and what Kubernetes there tracks. */
interface Offer {
  /** Usable addresses in slices of the Service, frozen ones left out. */
  served: ReadonlySet<string>;
  /**
   * Usable addresses of pods that a selector tracks now. Frozen slices do not count, nor what slices say of the time before
   * their selector came back.
   */
  tracked: ReadonlySet<string>;
  /** The ready ones of these. */
  ready: ReadonlySet<string>;
}

/** A rule that was broken, in words. */
export class Violation extends Error {}

export class Judge {
  readonly #space: Space;
  readonly #offers = new Map<number, Offer>();
  readonly #counted = new Pairs();

  constructor(space: Space) {
    this.#space = space;
  }

  /**
   * Judges one write of the process of `cluster`. Throws a `Violation`. `overtaken`: the pods that its pass counted have changed
   * since, which no precondition can prevent, so (a) is not asked; everything else is.
   */
  judgeWrite(before: number, after: Draft, cluster: number, write: Write, overtaken: boolean): void {
    this.#judgeTakingPart(before, after, cluster, write);
    this.#judgeReleased(before, after, cluster, write);
    this.#judgeOrder(before, cluster, write);
    if (overtaken) return;
    this.#judgeEndpointsKept(before, after, cluster, write);
    this.#judgeFrozen(before, cluster, write);
  }

  /** (a) Frozen slices go only while something else is offered, or if a shadow says that their pods are not ready. */
  #judgeFrozen(before: number, cluster: number, write: Write): void {
    if (write.verb !== "delete" || write.resource !== "endpointslices") return;
    const { sides, names } = this.#space;
    const services = sides.services.get(sides.table.at(before, SERVICES)) as readonly Service[];
    const frozen = sides
      .servedSlices(before)
      .filter((one) => one.metadata.name === write.name && isFrozen(services, one));
    const { served, tracked } = this.#offerOf(before);
    const shadowed = services.length > 1;
    const lost = [...usableIn(frozen)].some((ip) => !shadowed || tracked.has(ip));
    if (lost && served.size === 0)
      throw new Violation(`(a) ${names[cluster]} drops frozen slices and has nothing else`);
  }

  /** (c) A copy of an intent is replaced by a later one only. */
  #judgeOrder(before: number, cluster: number, write: Write): void {
    if (write.verb !== "patch") return;
    const { annotations = {} } = write.patch["metadata"] as Service["metadata"];
    const service = this.#space.sides.service(this.#space.sides.table.at(before, SERVICES));
    const [was, is] = [service && annotation(service, INTENT), annotations[INTENT]].map((text) =>
      parseIntent(text ?? undefined),
    );
    if (was && is && is.time < was.time) {
      throw new Violation(
        `(c) ${this.#space.names[cluster]} turned back from ${was.mode} at ${was.at} to an older intent`,
      );
    }
  }

  /**
   * (a) No write of ours takes the last endpoint that can be known to be ready. Not judged is what a user asked for:
   * `singular`, and a Service deleted.
   */
  #judgeEndpointsKept(before: number, after: Draft, cluster: number, write: Write): void {
    if (write.reason.startsWith("singular in")) return;
    if (this.#latest(after)?.mode === "singular") return;
    const other = after.side(1 - cluster);
    for (const [side, rest, now, name] of [
      [before, other, after.side(cluster), cluster],
      [other, before, other, 1 - cluster],
    ] as const) {
      const restNow = name === cluster ? other : after.side(cluster);
      if (this.#offered(side, rest) > 0 && this.#offered(now, restNow) === 0) {
        throw new Violation(`(a) ${this.#space.names[name]} lost its last usable endpoint`);
      }
    }
  }

  /** How many usable addresses one side offers while the other cluster has that one. */
  #offered(side: number, other: number): number {
    const known = this.#counted.get(side, other);
    if (known >= 0) return known;
    const [own, peer] = [this.#offerOf(side), this.#offerOf(other)];
    const count = [...own.served].filter((ip) => own.tracked.has(ip) || peer.tracked.has(ip)).length;
    this.#counted.set(side, other, count);
    return count;
  }

  #offerOf(side: number): Offer {
    const found = this.#offers.get(side);
    if (found) return found;
    const { sides } = this.#space;
    const all = sides.services.get(sides.table.at(side, SERVICES)) as readonly Service[];
    const service = all.find((one) => one.metadata.name === KEY.name);
    // A shadow of a Service that is gone, or was made anew since, is on its way out.
    const services = all.filter(
      (one) => service && (one === service || one.metadata.ownerReferences?.[0]?.uid === service.metadata.uid),
    );
    const natives = sides.slices.get(sides.table.at(side, NATIVES)) as readonly EndpointSlice[];
    const live = natives.filter((slice) => {
      const owner = services.find((one) => one.metadata.name === label(slice, SERVICE_NAME));
      return label(slice, MANAGED_BY) === NATIVE_MANAGER && hasSelector(owner);
    });
    const served = service ? sides.servedSlices(side).filter((slice) => !isFrozen(services, slice)) : [];
    const alive = new Set(sides.podsOf(side).flatMap(({ ip, ready }) => (ready ? [ip] : [])));
    const tracked = new Set([...usableIn(live)].filter((ip) => alive.has(ip)));
    const offer = { served: usableIn(served), tracked, ready: readyIn(live) };
    this.#offers.set(side, offer);
    return offer;
  }

  /** (d) Nothing is written to a user's Service that takes no part, and nothing put beside it. */
  #judgeTakingPart(before: number, after: Draft, cluster: number, write: Write): void {
    const { sides, names } = this.#space;
    const service = sides.service(sides.table.at(before, SERVICES));
    if (!service || label(service, REPLICA_OF) !== undefined || write.verb === "delete" || write.verb === "update")
      return;
    if (annotation(service, MODE) !== undefined || annotation(service, INTENT) !== undefined) return;
    const name = names[cluster] as string;
    const named = this.#intents(after).some(
      (one) => one?.at === name || one?.from === name || one?.adopt?.includes(name),
    );
    if (!named) throw new Violation(`(d) ${name} takes no part, and was written to`);
  }

  /** (g) Who has released gets its pods back only by a newer intent, or if the frozen slices are still there. */
  #judgeReleased(before: number, after: Draft, cluster: number, write: Write): void {
    const selects = write.verb === "patch" && (write.patch["spec"] as Service["spec"] | undefined)?.selector;
    if (!selects || write.name !== KEY.name) return;
    const { sides, names } = this.#space;
    const service = sides.service(sides.table.at(before, SERVICES));
    const services = sides.services.get(sides.table.at(before, SERVICES));
    const natives = sides.slices.get(sides.table.at(before, NATIVES));
    const frozen = natives.some((slice) => slice.metadata.name === `${KEY.name}-native`);
    const copy = service && parseIntent(annotation(service, INTENT));
    if (frozen || services.length > 1 || !copy || copy.mode !== "source" || copy.at === names[cluster]) return;
    if (this.#latest(after)?.time === copy.time) {
      throw new Violation(`(g) ${names[cluster]} had released and selects its pods again`);
    }
  }

  #services(draft: Draft): (Service | undefined)[] {
    const { sides } = this.#space;
    return [0, 1].map((cluster) => sides.service(sides.table.at(draft.side(cluster), SERVICES)));
  }

  #intents(draft: Draft) {
    return [0, 1].map((cluster) => this.#space.sides.intent(draft.side(cluster)));
  }

  #latest(draft: Draft) {
    return latestIntent(this.#intents(draft));
  }

  /** Judges a state in which nothing is left to do. Throws a `Violation`. */
  judgeRest(draft: Draft): void {
    const { names } = this.#space;
    const services = this.#services(draft);
    const copies = services.map((service) => service && parseIntent(annotation(service, INTENT)));
    const modes = services.map((service) => service && annotation(service, MODE));
    if (services.every(Boolean) && modes.every((mode) => mode === "receiver")) {
      throw new Violation("(b) everyone is a receiver");
    }
    for (const [i, service] of services.entries()) {
      if (!service) continue;
      const implied = impliedMode(copies[i], names[i] as string);
      if (modes[i] !== implied) throw new Violation(`(c) ${names[i]} is ${modes[i]}, its intent says ${implied}`);
    }
    this.#judgeAgreement(draft);
    for (const cluster of [0, 1]) this.#judgeContent(draft, cluster);
  }

  /** (c) Whoever takes part carries the latest intent, unless its server is gone. */
  #judgeAgreement(draft: Draft): void {
    const { names } = this.#space;
    const latest = this.#latest(draft);
    if (!latest) return;
    const services = this.#services(draft);
    if (latest.mode !== "union" && !services[names.indexOf(latest.at)]) return;
    for (const [i, copy] of this.#intents(draft).entries()) {
      const service = services[i];
      if (!service || !joins(service, names[i] as string, latest)) continue;
      if (copy?.time !== latest.time || copy.at !== latest.at) {
        throw new Violation(`(c) ${names[i]} does not carry the latest intent, ${latest.mode} at ${latest.at}`);
      }
    }
  }

  /** (c) Copies say what is true, (f) nothing dead or frozen is offered. */
  #judgeContent(draft: Draft, cluster: number): void {
    const { sides, names } = this.#space;
    const side = draft.side(cluster);
    const service = sides.service(sides.table.at(side, SERVICES));
    const name = names[cluster];
    if (!service) return;
    const living = new Set([0, 1].flatMap((one) => sides.podsOf(draft.side(one)).map(({ ip }) => ip)));
    const [endpoints] = sides.endpoints.get(sides.table.at(side, ENDPOINTS)) as readonly Endpoints[];
    const listed = (endpoints?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
    const slices = sides.servedSlices(side);
    const dead = [...addressesIn(slices), ...listed].filter((ip) => !living.has(ip));
    if (dead.length) throw new Violation(`(f) ${name} offers the dead address ${dead[0]}`);
    if (!hasSelector(service) && slices.some((slice) => label(slice, MANAGED_BY) === NATIVE_MANAGER)) {
      const isOurs = annotation(service, INTENT) !== undefined || label(service, REPLICA_OF) !== undefined;
      // With nothing else to offer they are kept, and the condition says so.
      if (isOurs && this.#offerOf(side).served.size > 0) throw new Violation(`(f) ${name} keeps frozen slices`);
    }
    for (const slice of sides.slices.get(sides.table.at(side, COPIES)) as readonly EndpointSlice[]) {
      const from = names.indexOf(label(slice, SOURCE_CLUSTER) ?? "");
      const { ready } = this.#offerOf(draft.side(from));
      const wrong = [...readyIn([slice])].find((ip) => !ready.has(ip));
      if (wrong) throw new Violation(`(c) ${name} offers ${wrong}, which ${names[from]} does not have ready`);
    }
  }
}

function joins(service: Service, name: string, intent: { at: string; from?: string; adopt?: string[]; mode: string }) {
  const own = label(service, REPLICA_OF) === undefined;
  if (intent.mode === "singular" && intent.at !== name) return false;
  if (intent.mode === "none" && intent.at !== name && own) return false;
  return !own || annotation(service, MODE) !== undefined || [intent.at, intent.from].includes(name);
}
