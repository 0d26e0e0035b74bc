/** Whether a process that renews its watches for months holds on to anything. */
import { fileURLToPath } from "node:url";
import { runCommand } from "../lab/process.ts";
import type { Holdings, LeakReport } from "./leaks-probe.ts";
import { type BenchOptions, makeRow, type PartResult, type Row } from "./row.ts";

const RENEWALS = 10_000;
const RESETS = 500;
/** The heap of a process that does nothing wanders by about so much between two collections. */
const WANDERING_KB = 512;

/** Heap, sockets and timers before and after. */
export async function measureLeaks({ scale, tell }: BenchOptions): Promise<PartResult> {
  const script = fileURLToPath(new URL("leaks-probe.ts", import.meta.url));
  const counts = [RENEWALS, RESETS].map((count) => `${Math.ceil(count * scale)}`);
  tell(`leaks: ${counts[0]} watches are renewed, ${counts[1]} reset`);
  const { code, stdout, stderr } = await runCommand([process.execPath, "--expose-gc", script, ...counts]);
  if (code !== 0) throw new Error(`the probe of leaks failed:\n${stderr}`);
  const { renewals, resets } = JSON.parse(stdout) as LeakReport;
  const rows = [
    ...judge(`${renewals.count} watches renewed`, renewals.before, renewals.after),
    ...judge(`${resets.count} watches reset`, resets.before, resets.after),
  ];
  return { rows, lags: [] };
}

function judge(what: string, before: Holdings, after: Holdings): Row[] {
  const grown = (key: keyof Holdings) => Math.max(0, after[key] - before[key]);
  return [
    makeRow({
      name: `${what}, heap grown`,
      unit: "KB",
      value: grown("heapBytes") / 1024,
      atMost: { value: WANDERING_KB },
    }),
    makeRow({
      name: `${what}, sockets and timers more than before`,
      unit: "",
      value: grown("sockets") + grown("timers"),
      atMost: { value: 0 },
    }),
  ];
}
