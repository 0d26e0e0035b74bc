/** Who carries changes from east to west in some rounds. */
export interface Carrier {
  name: "ours" | "floor";
  /** Namespace it copies, and the others leave alone. */
  namespace: string;
  pids: number[];
}

/** One kind of load. */
export interface Load {
  /** How many Services share the changes. */
  width: number;
  /** Changes a second, over all Services. */
  rate: number;
  /** Seconds that count in each round. */
  seconds: number;
  /** Rounds of each carrier. */
  rounds: number;
  /** Changes a second of Services that take no part, meanwhile. */
  noise: number;
}

/** What the probe is to do. */
export interface PropagationTask {
  /** Administrator's kubeconfigs (YAML) for use inside the lab's network. */
  east: string;
  west: string;
  /** Where the servers have slices, such as `/apis/discovery.k8s.io/v1`. */
  api: string;
  carriers: Carrier[];
  loads: Load[];
  /** Where sync tells its metrics. */
  metrics: string;
}

/** What sync told of one round. */
export interface Told {
  /** Writes until every change was seen, by resource. */
  writes: Readonly<Record<string, number>>;
  /** Writes until nothing was left to do, by resource. */
  writesInAll: Readonly<Record<string, number>>;
  /** 99th percentile of the event loop's delay, milliseconds. */
  lagMs: number;
}

/** One round. */
export interface PropagationSamples {
  load: Load;
  carrier: Carrier["name"];
  /** Milliseconds from each change's PATCH to the sight of its copy. */
  millis: number[];
  /** Changes made, those that do not count among the millis included. */
  changes: number;
  told?: Told;
}

/** What the probe found. */
export interface ProbeResult {
  samples: PropagationSamples[];
  /** Changes a second of Services that take no part, where there were any. */
  noiseRate?: number;
}

/** Names of the Services of a load; each has one slice of the same name. */
export function serviceNames(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `of-${width}-${i}`);
}

/** Namespaces of Services that take no part, one excluded by setting and one of Services that are `singular`. */
export const NOISE_NAMESPACES = { excluded: "bench-excluded", singular: "bench-singular" } as const;

/** Services in each of them. */
export const NOISE_WIDTH = 200;
