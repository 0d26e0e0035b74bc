import { type ApiTarget, connectApi } from "./api-client.ts";
import { type ListedObject, WatchedList } from "./watched-list.ts";

interface ServiceObject extends ListedObject {
  spec: { clusterIP?: string };
}

interface SliceObject extends ListedObject {
  addressType: string;
  endpoints?: { addresses: string[]; hostname?: string; conditions?: { ready?: boolean } }[] | null;
}

/**
 * Stands in for the cluster's DNS, by CoreDNS's rules for A records: `name.namespace.svc` is the cluster IP, or for a
 * headless Service every address of every IPv4 EndpointSlice labelled with the Service whose `ready` is true or absent,
 * once each; `hostname.name.namespace.svc` is the same with that hostname only. publishNotReadyAddresses needs no rule: the
 * endpoint controller writes `ready: true`. Unlike a real resolver it caches nothing.
 */
export class ServiceResolver {
  readonly #api: ApiTarget;
  readonly #service: { namespace: string; name: string };
  readonly #hostname: string | undefined;
  #services: WatchedList<ServiceObject> | undefined;
  #slices: WatchedList<SliceObject> | undefined;

  constructor(api: ApiTarget, service: { namespace: string; name: string }, hostname?: string) {
    this.#api = api;
    this.#service = service;
    this.#hostname = hostname;
  }

  /** Reads the Service and its slices and goes on following them. Throws when they cannot be listed. */
  async start(): Promise<void> {
    const { namespace, name } = this.#service;
    const group = await connectApi(this.#api)("GET", "/apis/discovery.k8s.io");
    const versions = (group.body.versions as { version: string }[]).map(({ version }) => version);
    const version = versions.includes("v1") ? "v1" : "v1beta1";
    const label = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const field = encodeURIComponent(`metadata.name=${name}`);
    const slices = `/apis/discovery.k8s.io/${version}/namespaces/${namespace}/endpointslices?labelSelector=${label}`;
    this.#services = new WatchedList(this.#api, `/api/v1/namespaces/${namespace}/services?fieldSelector=${field}`);
    this.#slices = new WatchedList(this.#api, slices);
    await Promise.all([this.#services.start(), this.#slices.start()]);
  }

  /** The addresses the name has at this moment; none means that the name does not exist. */
  addresses(): string[] {
    const service = this.#services?.items.get(this.#service.name);
    const clusterIP = service?.spec.clusterIP;
    if (!service || clusterIP === undefined) return [];
    if (clusterIP !== "None") return [clusterIP];
    const endpoints = [...(this.#slices?.items.values() ?? [])]
      .filter((slice) => slice.addressType === "IPv4")
      .flatMap((slice) => slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .filter((endpoint) => this.#hostname === undefined || endpoint.hostname === this.#hostname);
    return [...new Set(endpoints.flatMap((endpoint) => endpoint.addresses))];
  }
}
