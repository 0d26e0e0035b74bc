import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Meter, MeterReport } from "../lab/lab.ts";
import type { Application } from "./application.ts";
import { waitFor } from "./waiting.ts";
import type { Side } from "./world.ts";

/** Clients of an application, one in each of some clusters. */
export interface Traffic {
  /** Stops all clients and says in the test's output what they saw. */
  stop(): Promise<Record<string, MeterReport>>;
  /** The same, and no request may have failed. */
  stopWithoutLoss(): Promise<Record<string, MeterReport>>;
}

const RATE = 25;
const PROBE = fileURLToPath(new URL("../lab/readiness-probe.ts", import.meta.url));

async function clusterIP(app: Application, side: Side): Promise<string> {
  return waitFor(`a cluster IP of ${app.name} in ${side.name}`, async () => {
    const ip = (await app.read(side))?.spec.clusterIP;
    return ip ? { done: ip } : { seen: "no Service" };
  });
}

/** Waits until a request from the cluster's host is answered: from then on a client has no excuse. */
async function waitAnswered(app: Application, side: Side, ip: string, port: number): Promise<void> {
  const probe = await side.cluster.spawn(`probe-${app.name}`, process.execPath, [PROBE, `http://${ip}:${port}/`]);
  const { code } = await probe.exited;
  assert.equal(code, 0, `${app.name} does not answer in ${side.name} within 60 s\n${probe.logTail()}`);
}

async function startClient(app: Application, side: Side, port: number): Promise<Meter> {
  const ip = await clusterIP(app, side);
  const common = { name: `${app.name}-${side.name}`, port, rate: RATE };
  const { namespace, name } = app;
  if (ip === "None") return side.cluster.startMeter({ ...common, service: { namespace, name } });
  await waitAnswered(app, side, ip, port);
  return side.cluster.startMeter({ ...common, host: ip });
}

/** Starts a client in each cluster; headed Services are called at the cluster's own cluster IP, through kube-proxy. */
export async function startTraffic(
  t: TestContext,
  app: Application,
  sides: readonly Side[],
  port: number = app.port,
): Promise<Traffic> {
  const meters = await Promise.all(sides.map((side) => startClient(app, side, port)));
  const stop = async () => {
    const reports = await Promise.all(meters.map((meter) => meter.stop()));
    for (const [i, report] of reports.entries()) tell(t, app, sides[i] as Side, report);
    return Object.fromEntries(reports.map((report, i) => [sides[i]?.name ?? "", report])) as Record<
      string,
      MeterReport
    >;
  };
  return {
    stop,
    stopWithoutLoss: async () => {
      const reports = await stop();
      for (const [name, report] of Object.entries(reports)) assertNoLoss(`${app.name} in ${name}`, report);
      return reports;
    },
  };
}

function tell(t: TestContext, app: Application, side: Side, report: MeterReport): void {
  const { failures, sent, missed, late, p99, perError, perPod } = report;
  const errors = failures > 0 ? ` ${JSON.stringify(perError)}` : "";
  const answered = Object.entries(perPod).map(([pod, count]) => `${pod} ${count}`);
  t.diagnostic(
    `${app.name} from ${side.name}: ${failures} of ${sent} failed${errors}, missed ${missed}, late ${late}, p99 ${p99.toFixed(0)} ms; ${answered.join(", ")}`,
  );
}

/** Asserts that the client kept its promise and every request was answered. */
export function assertNoLoss(who: string, report: MeterReport): void {
  const first = report.failed.slice(0, 3).map((record) => JSON.stringify(record));
  const when = `start ${new Date(report.start).toISOString()}, late ${report.late}`;
  assert.equal(report.failures, 0, `${who}: ${report.failures} of ${report.sent} failed (${when}): ${first.join(" ")}`);
  assert.equal(report.missed, 0, `${who}: the meter itself was starved`);
  assert.ok(report.sent > 0, `${who}: nothing was sent`);
}

/** Asserts that requests failed only if they were sent between these two moments, milliseconds since 1970. */
export function assertLossWithin(report: MeterReport | undefined, begin: number, end: number): void {
  assert.ok(report);
  const outside = report.failed.filter(({ sent }) => report.start + sent < begin || report.start + sent > end);
  assert.deepEqual(outside, []);
}
