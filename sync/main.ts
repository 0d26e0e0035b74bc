/** Entry of the sync process: reads the configuration, composes the parts, and ends in order. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { pino } from "pino";
import { FIELD_MANAGER } from "../shared/keys.ts";
import { createClient } from "../shared/kube/client.ts";
import { systemClock } from "../shared/kube/clock.ts";
import { inClusterCredentials } from "../shared/kube/in-cluster.ts";
import { parsePlainKubeconfig } from "../shared/kube/kubeconfig.ts";
import { VERSION } from "../shared/version.ts";
import { startCertificates } from "./certificates/schedule.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { Controller } from "./controller.ts";
import { createRecorder } from "./events.ts";
import { latch } from "./health.ts";
import { type PublishedIdentity, readClusterUid, startIdentity } from "./identity.ts";
import { Election } from "./lease.ts";
import { createAdviceServer, createHealthServer, listen } from "./server.ts";

async function main(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: { cluster: config.clusterName } });
  const credentials = config.kubeconfig
    ? parsePlainKubeconfig(await readFile(config.kubeconfig, "utf8"), config.kubeconfig)
    : await inClusterCredentials({
        readFile: (path) => readFile(path, "utf8"),
        host: process.env["KUBERNETES_SERVICE_HOST"],
        port: process.env["KUBERNETES_SERVICE_PORT"],
      });
  const client = createClient(credentials, { cluster: config.clusterName, fieldManager: FIELD_MANAGER });
  const clusterUid = readClusterUid(client);
  const instance = process.env["POD_NAME"] || hostname();
  const recorder = createRecorder({
    client,
    instance,
    now: Date.now,
    onError: (error) => log.debug({ err: error }, "an Event could not be written"),
  });
  let identity: PublishedIdentity | undefined;
  const election = new Election({
    client,
    namespace: config.namespace,
    instance,
    clock: systemClock,
    onLeading: (leading) => {
      log.info({ leading }, leading ? "this process leads" : "this process does not lead any more");
      controller.lead(leading);
      if (leading) void identity?.publish();
    },
    onError: (error) => log.warn({ err: error }, "the Lease could not be read or written"),
  });
  const isLeader = () => election.leading;
  const controller = new Controller({ config, client, clusterUid, recorder, log, isLeader });
  const certificates = config.certDir
    ? startCertificates({
        client,
        namespace: config.namespace,
        certDir: config.certDir,
        hosts: config.webhookHosts,
        log,
      })
    : undefined;
  let started = false;
  const isReady = latch(() => started && controller.readable);
  const health = createHealthServer({
    health: () => controller.health(),
    readiness: () => (isReady() ? undefined : "the own cluster is not read yet"),
    metrics: async () => ({
      contentType: controller.metrics.registry.contentType,
      text: await controller.metrics.registry.metrics(),
    }),
  });
  const advice = createAdviceServer((key) => controller.advise(key));
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "sync stops");
    health.close();
    advice.close();
    identity?.stop();
    await certificates?.stop();
    // Nothing is written any more before the Lease goes to another.
    await controller.stop();
    await election.stop();
    await client.close();
    process.exit(0);
  };
  // Before anything is waited for: to a container's first process a signal that it does not handle means nothing.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  let uid = "";
  try {
    // What takes longest, the lists of thousands of objects, begins at once.
    [uid] = await Promise.all([
      clusterUid,
      controller.start(),
      listen(health, config.port),
      listen(advice, config.advicePort, "127.0.0.1"),
    ]);
  } catch (error) {
    // What is cut off by the end is no fault.
    if (!stopping) throw error;
  }
  if (stopping) return;
  identity = startIdentity({ client, config, clusterUid: uid, known: () => controller.known, isLeader, log });
  election.start();
  await identity.published;
  started = true;
  log.info({ version: VERSION, peers: config.peersDir }, "sync started");
}

try {
  await main(readConfig(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  process.exit(1);
}
