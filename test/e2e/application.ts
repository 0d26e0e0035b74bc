import { type Intent, parseIntent } from "../../shared/intent.ts";
import { CONDITION_IN_SYNC, INTENT, MIN_READY_SECONDS, MODE } from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { annotation, type Condition, type Service, type ServicePort } from "../../shared/kube/objects.ts";
import { services } from "../../shared/kube/resources.ts";
import type { Mode } from "../../shared/mode.ts";
import type { LabPod, PodSpec } from "../lab/lab.ts";
import type { Side, World } from "./world.ts";

/** How an application's Service and pods look. */
export interface ApplicationOptions {
  namespace?: string;
  headless?: boolean;
  /** Default: one unnamed port 80 that leads to the pods' 8080. */
  ports?: ServicePort[];
  podPorts?: { name?: string; port: number }[];
  labels?: Record<string, string>;
}

/** An application in two clusters: one Service, pods with the label `app`, all with the application's name. */
export class Application {
  readonly name: string;
  readonly namespace: string;
  /** Every pod ever started, the gone ones too: addresses are never used twice. */
  readonly pods: LabPod[] = [];
  readonly #options: ApplicationOptions;

  constructor(name: string, options: ApplicationOptions = {}) {
    this.name = name;
    this.namespace = options.namespace ?? "shop";
    this.#options = options;
  }

  /** The Service as the application's author wrote it. */
  manifest(annotations: Record<string, string> = {}): object {
    const { headless, ports, labels = {} } = this.#options;
    const spec = {
      selector: { app: this.name },
      ports: ports ?? [{ port: this.port, targetPort: 8080, protocol: "TCP" }],
    };
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: this.name, namespace: this.namespace, labels: { app: this.name, ...labels }, annotations },
      spec: { ...spec, ...(headless ? { clusterIP: "None" } : {}) },
    };
  }

  /** The port a client calls: a headless Service has no proxy that could translate it. */
  get port(): number {
    return this.#options.ports?.[0]?.port ?? (this.#options.headless ? 8080 : 80);
  }

  get headless(): boolean {
    return this.#options.headless === true;
  }

  /** Creates the Service with its selector. */
  async create(side: Side, annotations: Record<string, string> = {}): Promise<void> {
    await side.client.create(services.in(this.namespace), this.manifest(annotations));
  }

  /** The namespace in every cluster, as the two sides of one platform have it. */
  async prepare({ sides }: Pick<World, "sides">): Promise<void> {
    await Promise.all(sides.map((side) => side.cluster.ensureNamespace(this.namespace)));
  }

  /** Starts pods named after application and cluster; they select into the Service of their cluster. */
  async startPods(side: Side, count: number, spec: Partial<PodSpec> = {}): Promise<LabPod[]> {
    const first = this.pods.length;
    const started = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const name = `${this.name}-${side.name}-${first + i}`;
        const ports = this.#options.podPorts;
        const base = { name, namespace: this.namespace, labels: { app: this.name }, ...(ports ? { ports } : {}) };
        return side.cluster.startPod({
          ...base,
          ...(this.headless ? { hostname: name, subdomain: this.name } : {}),
          ...spec,
        });
      }),
    );
    this.pods.push(...started);
    return started;
  }

  /** The Service as it is now; undefined if there is none. */
  async read(side: Side): Promise<Service | undefined> {
    try {
      return await side.client.get<Service>(services.one(this.namespace, this.name));
    } catch (error) {
      if (classifyError(error) !== "notFound") throw error;
      return undefined;
    }
  }

  /** Sets annotations of the Service with `kubectl annotate`, as the recipes say. */
  async annotate(side: Side, annotations: Record<string, string>): Promise<void> {
    const values = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
    const result = await side.cluster.kubectl([
      "-n",
      this.namespace,
      "annotate",
      "service",
      this.name,
      "--overwrite",
      ...values,
    ]);
    if (result.code !== 0) throw new Error(`kubectl annotate in ${side.name}: ${result.stderr}`);
  }

  /**
   * Sets annotations as `kubectl annotate` does, or removes them, and returns why that was not to be: the webhook's words, or that there is
   * no such Service. Who is told to try again because somebody wrote meanwhile does: API servers of 1.20 leave that to the client.
   */
  async say(side: Side, annotations: Record<string, string | null>): Promise<string | undefined> {
    const path = `${services.one(this.namespace, this.name)}?fieldManager=kubectl-annotate`;
    for (;;) {
      const { status, body } = await side.cluster.request("PATCH", path, { metadata: { annotations } });
      if (status === 200) return undefined;
      const message = String(body?.message);
      // The second is what a Service says that is deleted while it is patched.
      if (status === 404 || message.includes("Precondition failed: UID")) return message;
      if (message.includes("admission webhook")) return message;
      if (!message.includes("please apply your changes to the latest version and try again"))
        throw new Error(`${JSON.stringify(annotations)} on ${this.name} in ${side.name}: ${status} ${message}`);
    }
  }

  /** Declares a mode; the take-over waits for one second of readiness instead of ten. */
  declare(side: Side, mode: Mode, further: Record<string, string> = {}): Promise<void> {
    return this.annotate(side, { [MODE]: mode, [MIN_READY_SECONDS]: "1", ...further });
  }
}

/** Where a Service stands in a cluster. */
export interface Standing {
  service: Service | undefined;
  intent: Intent | undefined;
  condition: Condition | undefined;
}

/** Reads where an application's Service stands. */
export async function readStanding(app: Application, side: Side): Promise<Standing> {
  const service = await app.read(side);
  const condition = service?.status?.conditions?.find(({ type }) => type === CONDITION_IN_SYNC);
  return { service, intent: service && parseIntent(annotation(service, INTENT)), condition };
}

/** Ends servers and objects of pods that must not be needed any more: whoever still lists them loses requests. */
export async function removeAtOnce(pods: readonly LabPod[]): Promise<void> {
  await Promise.all(pods.map((pod) => pod.kill()));
  await Promise.all(pods.map((pod) => pod.remove()));
}
