/** Who carries changes from east to west in some rounds. */
export interface Carrier {
  name: "ours" | "floor";
  /** Namespace it copies, and the others leave alone. */
  namespace: string;
  pids: number[];
}

/** What the probe is to do. */
export interface PropagationTask {
  /** Administrator's kubeconfigs (YAML) for use inside the lab's network. */
  east: string;
  west: string;
  carriers: Carrier[];
  /** How many Services share the changes, one number for each part of the run. */
  widths: number[];
  /** Rounds of each carrier in each part. */
  rounds: number;
  /** Changes a second, over all Services. */
  rate: number;
  /** Seconds that count in each round. */
  seconds: number;
}

/** One round: milliseconds from each change's PATCH to the sight of its copy. */
export interface PropagationSamples {
  width: number;
  carrier: Carrier["name"];
  millis: number[];
}

/** Names of the Services of a part; each has one slice of the same name. */
export function serviceNames(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `of-${width}-${i}`);
}
