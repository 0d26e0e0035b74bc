import type { MeterRecord } from "../lab/lab.ts";
import type { ClientReport } from "./clients.ts";
import type { Moments } from "./scenario.ts";

/** What the clients saw, in lines for people. */
export function renderReports(reports: readonly ClientReport[], moments: Moments): string[] {
  return reports.flatMap((report) => renderReport(report, moments));
}

function renderReport(report: ClientReport, moments: Moments): string[] {
  const { cluster, sent, failures, p50, p99, late, rate, perError } = report;
  const seconds = ((report.records.at(-1)?.at ?? 0) / 1000).toFixed(0);
  const errors = Object.entries(perError).map(([code, count]) => `${count} ${code}`);
  return [
    `client in ${cluster}`,
    `  sent      ${sent} requests in ${seconds} s (${rate} a second were promised${late > 0 ? `; ${late} left late` : ""})`,
    `  failures: ${failures}${errors.length > 0 ? ` (${errors.join(", ")})` : ""}`,
    `  latency   p50 ${p50.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms`,
    `  answered by`,
    ...renderPhases(report, moments),
  ];
}

/** Who answered, by the time the requests were due. */
function renderPhases({ start, records }: ClientReport, { moveStarted, moveReturned }: Moments): string[] {
  const phases: [name: string, from: number, until: number][] = [
    ["before the move", Number.NEGATIVE_INFINITY, moveStarted],
    ["during the move", moveStarted, moveReturned],
    ["afterwards", moveReturned, Number.POSITIVE_INFINITY],
  ];
  const width = Math.max(...phases.map(([name]) => name.length));
  return phases.map(([name, from, until]) => {
    const within = records.filter(({ at }) => start + at >= from && start + at < until);
    return `    ${name.padEnd(width)}   ${countPods(within)}`;
  });
}

function countPods(records: readonly MeterRecord[]): string {
  const counts = new Map<string, number>();
  for (const { pod, error } of records) {
    if (error === undefined && pod) counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([pod, count]) => `${pod} ${count}`).join("   ") || "nobody";
}
