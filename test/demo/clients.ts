import { fileURLToPath } from "node:url";
import type { Application } from "../e2e/application.ts";
import { waitFor } from "../e2e/waiting.ts";
import type { Side } from "../e2e/world.ts";
import type { Meter, MeterReport } from "../lab/lab.ts";

/** What one client saw. */
export interface ClientReport extends MeterReport {
  /** Cluster it runs in. */
  cluster: string;
}

/** Clients that call an application all the time, one in each cluster, each at its own cluster's cluster IP. */
export interface Clients {
  /** Cluster IPs by cluster. */
  addresses: Readonly<Record<string, string>>;
  stop(): Promise<ClientReport[]>;
}

const PROBE = fileURLToPath(new URL("../lab/readiness-probe.ts", import.meta.url));

/** Starts the clients once the Service answers in each cluster; a new connection for each request, none is ever repeated. */
export async function startClients(app: Application, sides: readonly Side[], rate: number): Promise<Clients> {
  const addresses: Record<string, string> = {};
  const meters = await Promise.all(
    sides.map(async (side): Promise<Meter> => {
      const host = await findAddress(app, side);
      addresses[side.name] = host;
      await waitAnswered(app, side, host);
      return side.cluster.startMeter({ name: `${app.name}-${side.name}`, host, port: app.port, rate });
    }),
  );
  const stop = async () => {
    const reports = await Promise.all(meters.map((meter) => meter.stop()));
    return reports.map((report, i) => ({ cluster: sides[i]?.name ?? "", ...report }));
  };
  return { addresses, stop };
}

async function findAddress(app: Application, side: Side): Promise<string> {
  return waitFor(`a cluster IP of ${app.name} in ${side.name}`, async () => {
    const ip = (await app.read(side))?.spec.clusterIP;
    return ip ? { done: ip } : { seen: "no Service" };
  });
}

async function waitAnswered(app: Application, side: Side, host: string): Promise<void> {
  const url = `http://${host}:${app.port}/`;
  const probe = await side.cluster.spawn(`probe-${app.name}`, process.execPath, [PROBE, url]);
  const { code } = await probe.exited;
  if (code !== 0) throw new Error(`${app.name} does not answer in ${side.name} within 60 s\n${probe.logTail()}`);
}

/**
 * What is wrong with these reports, one sentence each; empty when every promise was kept. On a busy machine requests leave late,
 * but they leave: a client that owes some is broken itself, and its zero failures would prove nothing.
 */
export function findFaults(reports: readonly ClientReport[]): string[] {
  return reports.flatMap(({ cluster, sent, promised, missed, failures, perError }) => {
    const who = `client in ${cluster}`;
    return [
      ...(failures > 0 ? [`${who}: ${failures} of ${sent} failed ${JSON.stringify(perError)}`] : []),
      ...(missed !== 0
        ? [`${who}: ${sent} of ${promised} requests were sent: the client is at fault, not the move`]
        : []),
      ...(sent === 0 ? [`${who}: nothing was sent: the client is at fault, not the move`] : []),
    ];
  });
}
