/** What an operator tells this process through the ConfigMap `syndicate-orders`: it is read, never written. */
import { ORDERS_CONFIGMAP } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import { configMaps } from "../shared/kube/resources.ts";
import { findPast, type Orders, parseOrders } from "../shared/orders.ts";
import type { ConfigMap } from "./identity.ts";

const NONE: Orders = { forgotten: new Set(), deletionsUntil: 0 };

/** How often the ConfigMap is read. */
const POLL_MS = 5_000;

export interface OrderBookOptions {
  client: KubeClient;
  /** Our namespace. */
  namespace: string;
  ownName: string;
  /** Other orders than before. */
  onChange(orders: Orders): void;
  /** Something cannot be obeyed, or is over, or the ConfigMap not be read; said once for each text. */
  onProblem(problem: string): void;
}

/** Follows the ConfigMap until stopped. */
export class OrderBook {
  readonly #options: OrderBookOptions;
  #orders = NONE;
  #text = "{}";
  #problem = "";
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: OrderBookOptions) {
    this.#options = options;
  }

  /** What is ordered now; what cannot be read is as it was. */
  get orders(): Orders {
    return this.#orders;
  }

  /** Reads once, then again every few seconds. */
  async start(): Promise<void> {
    await this.#read();
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), POLL_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    const { client, namespace, ownName, onChange } = this.#options;
    try {
      const data = (await getIfExists<ConfigMap>(client, configMaps.one(namespace, ORDERS_CONFIGMAP)))?.data ?? {};
      const text = JSON.stringify(data);
      const { orders, problems } = parseOrders(data, ownName);
      this.#tell([...problems, ...findPast(orders, Date.now())].join("; "));
      if (text === this.#text) return;
      this.#text = text;
      this.#orders = orders;
      onChange(orders);
    } catch (error) {
      this.#tell(`not read: ${(error as Error).message}`);
    }
  }

  #tell(problem: string): void {
    if (problem && problem !== this.#problem) this.#options.onProblem(problem);
    this.#problem = problem;
  }
}
