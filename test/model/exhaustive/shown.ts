/** What a cluster's objects look like from the other one: two sets of them that nobody there can tell apart are one. */
import { impliedMode, parseIntent } from "../../../shared/intent.ts";
import { INTENT, MODE, ORIGIN_SELECTOR, REPLICA_OF, SELECTOR } from "../../../shared/keys.ts";
import { annotation, label, type Service } from "../../../shared/kube/objects.ts";
import { hasSelector, ownSelector } from "../../../shared/selector.ts";
import { clusterOf } from "./objects.ts";
import { KEY, NATIVES, SERVICES, type Sides } from "./sides.ts";
import { TupleTable } from "./tuples.ts";

export class Shown {
  readonly #sides: Sides;
  /** By number of a set: the one it is taken for. */
  readonly #services: number[] = [];
  readonly #natives: number[] = [];
  readonly #both = new TupleTable(2);
  readonly #bySide: number[] = [];

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  /** The number of all that is seen of a side. */
  of(side: number): number {
    let known = this.#bySide[side];
    if (known === undefined) {
      const { table } = this.#sides;
      known = this.#both.intern([this.services(table.at(side, SERVICES)), this.natives(table.at(side, NATIVES))]);
      this.#bySide[side] = known;
    }
    return known;
  }

  /** A set of Services as it is seen, see `showService`. */
  services(set: number): number {
    let known = this.#services[set];
    if (known === undefined) {
      const { services } = this.#sides;
      known = services.of(
        services.get(set).map((one) => (one.metadata.name === KEY.name ? showService(one as Service) : one)),
      );
      this.#services[set] = known;
    }
    return known;
  }

  /**
   * Slices that a cluster may contribute: mirrored ones only beside a Service that never selected anything, and there is none in
   * this model.
   */
  natives(set: number): number {
    let known = this.#natives[set];
    if (known === undefined) {
      known = this.#sides.slices.without(set, `${KEY.name}-mirrored`);
      this.#natives[set] = known;
    }
    return known;
  }
}

/** A Service without what no other cluster reads: see `showMode`, and of selectors those that another one outdoes. */
export function showService(service: Service): Service {
  const { managedFields: _managedFields, ...metadata } = service.metadata;
  const { [MODE]: _mode, ...annotations } = metadata.annotations ?? {};
  const mode = showMode(service);
  if (mode !== undefined) annotations[MODE] = mode;
  if (hasSelector(service)) delete annotations[SELECTOR];
  if (ownSelector(service)) delete annotations[ORIGIN_SELECTOR];
  return { ...service, metadata: { ...metadata, annotations } };
}

/**
 * Of a mode that was declared and not stamped yet others read that it is there and is none to rely on, not which one it is, nor who
 * wrote it when. Of a replica, which takes part anyhow and is nobody's origin, they read whether it is the server's "source".
 */
function showMode(service: Service): string | undefined {
  const mode = annotation(service, MODE);
  const implied = impliedMode(parseIntent(annotation(service, INTENT)), clusterOf(service));
  if (mode === implied) return mode;
  return label(service, REPLICA_OF) === undefined ? mode && otherThan(implied) : replicaMode(implied);
}

function otherThan(mode: string | undefined): string {
  return mode === "receiver" ? "union" : "receiver";
}

function replicaMode(implied: string | undefined): string | undefined {
  return implied === "source" ? undefined : implied;
}
