import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** The class of this machine, without anything that names it. */
export function describeMachine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  const model = cpus()[0]?.model.replace(/\s+/g, " ").trim();
  const load = `load ${loadavg()[0]?.toFixed(1)} at the end`;
  return `${availableParallelism()} cores${model ? ` (${model})` : ""}, ${memory}, Node ${process.versions.node}, ${load}`;
}
