import { enterNamespace, runOrThrow } from "./process.ts";
import { namespacePrefix } from "./record.ts";

/** The addresses of one cluster. Cluster numbers start at 1. */
export interface ClusterAddresses {
  /** Address of the cluster's host, where API server and kube-proxy run: 10.0.0.NUMBER. */
  host: string;
  /** 10.NUMBER.0.0/16. */
  podCIDR: string;
  /** 172.(16+NUMBER).0.0/16. */
  serviceCIDR: string;
  /** First address of the service range, that of the Service `kubernetes`. */
  kubernetesService: string;
}

/** The most clusters one lab can have: service ranges end at 172.31.0.0/16. */
export const MAX_CLUSTERS = 15;

/** Addresses of the cluster with that number (1 to 15). */
export function clusterAddresses(number: number): ClusterAddresses {
  return {
    host: `10.0.0.${number}`,
    podCIDR: `10.${number}.0.0/16`,
    serviceCIDR: `172.${16 + number}.0.0/16`,
    kubernetesService: `172.${16 + number}.0.1`,
  };
}

/** Address of the n-th pod (from 1) of a cluster. Throws beyond the 65,000th. */
export function podAddress(clusterNumber: number, n: number): string {
  const offset = n + 1;
  if (offset > 65_000) throw new Error(`cluster ${clusterNumber} has no pod addresses left`);
  return `10.${clusterNumber}.${offset >> 8}.${offset & 255}`;
}

async function batch(namespace: string | null, lines: string[]): Promise<void> {
  // Not `ip -n`, which also wants mounts of its own and so fails in a chroot.
  await runOrThrow(enterNamespace(namespace, ["ip", "-batch", "-"]), { stdin: `${lines.join("\n")}\n` });
}

/** One flat layer-2 network of a lab: a bridge in a namespace of its own, and one namespace per host or pod. */
export class Network {
  readonly #labId: string;
  #ports = 0;

  constructor(labId: string) {
    this.#labId = labId;
  }

  get #switch(): string {
    return `${namespacePrefix(this.#labId)}switch`;
  }

  /** Makes the switch. Call once, before the first `attach`. */
  async open(): Promise<void> {
    await batch(null, [`netns add ${this.#switch}`]);
    await batch(this.#switch, ["link add br0 type bridge", "link set br0 up", "link set lo up"]);
  }

  /**
   * Makes a namespace with `lo`, an `eth0` that has the address (a /8 prefix) and a default route on it. Returns the name
   * of the namespace.
   */
  async attach(name: string, address: string): Promise<string> {
    const namespace = `${namespacePrefix(this.#labId)}${name}`;
    this.#ports += 1;
    const port = `p${this.#ports}`;
    await batch(null, [`netns add ${namespace}`]);
    await batch(this.#switch, [
      `link add ${port} type veth peer name eth0 netns ${namespace}`,
      `link set ${port} master br0 up`,
    ]);
    await batch(namespace, [
      "link set lo up",
      `address add ${address}/8 dev eth0`,
      "link set eth0 up",
      "route add default dev eth0",
    ]);
    return namespace;
  }

  /** Deletes a namespace made by `attach`; its address then no longer answers at all. */
  async detach(namespace: string): Promise<void> {
    await batch(null, [`netns delete ${namespace}`]);
  }
}

/** Inserts (`on`) or deletes rules in a host's namespace that drop every packet arriving from the sources. */
export async function dropFrom(namespace: string, sources: string[], on: boolean): Promise<void> {
  for (const source of sources) {
    const rule = ["iptables", "-w", on ? "-I" : "-D", "INPUT", "-s", source, "-j", "DROP"];
    await runOrThrow(enterNamespace(namespace, rule));
  }
}
