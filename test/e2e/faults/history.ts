import { MANAGED_BY, OUR_MANAGER, SERVICE_NAME } from "../../../shared/keys.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { type EndpointSlice, type Endpoints, label, type Service } from "../../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../../shared/kube/resources.ts";

/** One change that the source's API server acknowledged. */
type Change = { type: "added" | "moved"; service: string; address: string } | { type: "removed"; service: string };

/** Services of a namespace and the addresses behind them. */
export type State = Record<string, string[]>;

const PORTS = [{ name: "http", port: 80, protocol: "TCP" }];

/** The number an address of a history stands for: later ones are greater. */
export function ageOf(address: string): number {
  const [, , high = 0, low = 0] = address.split(".").map(Number);
  return high * 256 + low;
}

/** Changes Services of one namespace in the source cluster and records each change. */
export class History {
  readonly namespace: string;
  readonly changes: Change[] = [];
  readonly #client: KubeClient;
  #counter = 0;

  constructor(namespace: string, client: KubeClient) {
    this.namespace = namespace;
    this.#client = client;
  }

  /** A Service with one endpoint. It has no selector: its slice is kept by us, as by an operator of the cluster's own. */
  async add(service: string): Promise<void> {
    const address = this.#nextAddress();
    const metadata = { name: service };
    await this.#client.create(services.in(this.namespace), { metadata, spec: { ports: PORTS } });
    await this.#client.create(endpointSlices.in(this.namespace), this.#slice(service, address));
    this.changes.push({ type: "added", service, address });
  }

  /** Another address takes the place of the Service's present one. */
  async move(service: string): Promise<void> {
    const address = this.#nextAddress();
    const { endpoints: moved } = this.#slice(service, address);
    await this.#client.patch(endpointSlices.one(this.namespace, `${service}-1`), { endpoints: moved }, "merge");
    this.changes.push({ type: "moved", service, address });
  }

  async remove(service: string): Promise<void> {
    await this.#client.remove(services.one(this.namespace, service));
    await this.#client.remove(endpointSlices.one(this.namespace, `${service}-1`));
    this.changes.push({ type: "removed", service });
  }

  /** What there must be after all recorded changes. */
  replay(): State {
    const state = new Map<string, string[]>();
    for (const change of this.changes) {
      if (change.type === "removed") state.delete(change.service);
      else state.set(change.service, [change.address]);
    }
    return sorted(state);
  }

  /** Age of the last change's address. */
  get newest(): number {
    return this.#counter;
  }

  #nextAddress(): string {
    this.#counter += 1;
    return `10.1.${this.#counter >> 8}.${this.#counter & 255}`;
  }

  #slice(service: string, address: string): EndpointSlice {
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: `${service}-1`, labels: { [SERVICE_NAME]: service, [MANAGED_BY]: "history" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: PORTS,
    };
  }
}

/** A cluster's side of a history as it is now: slices kept by `manager`, under the Services that exist. */
export async function readState(client: KubeClient, namespace: string, manager: string): Promise<State> {
  const [found, slices] = await Promise.all([
    client.list<Service>(services.in(namespace)),
    client.list<EndpointSlice>(endpointSlices.in(namespace), { labelSelector: `${MANAGED_BY}=${manager}` }),
  ]);
  const state = new Map<string, string[]>(found.items.map((service) => [service.metadata.name, []]));
  for (const slice of slices.items) {
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    // A slice whose Service is gone belongs to the garbage collector.
    state.get(label(slice, SERVICE_NAME) ?? "")?.push(...addresses);
  }
  return sorted(state);
}

/** What the receiving cluster says: in our copies, and in the Endpoints objects. */
export async function readCopies(client: KubeClient, namespace: string): Promise<{ copies: State; endpoints: State }> {
  const [copies, objects] = await Promise.all([
    readState(client, namespace, OUR_MANAGER),
    client.list<Endpoints>(endpoints.in(namespace)),
  ]);
  const found = objects.items
    .filter(({ metadata }) => Object.hasOwn(copies, metadata.name))
    .map(({ metadata, subsets }): [string, string[]] => [
      metadata.name,
      (subsets ?? []).flatMap((subset) => (subset.addresses ?? []).map(({ ip }) => ip)),
    ]);
  return { copies, endpoints: sorted(new Map(found)) };
}

function sorted(state: ReadonlyMap<string, string[]>): State {
  return Object.fromEntries(
    [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, found]) => [name, found.sort()]),
  );
}
