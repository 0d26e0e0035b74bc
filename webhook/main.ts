/** The webhook process: reads its settings, waits for a certificate, serves, and leaves without losing a call. */

import { pino } from "pino";
import { createAdviceClient } from "./advice.ts";
import { createApp } from "./app.ts";
import { watchCertificate } from "./certificate.ts";
import { readConfig } from "./config.ts";
import { createMetrics } from "./metrics.ts";
import { createWebhookServer, type WebhookServer } from "./server.ts";

const result = readConfig(process.argv.slice(2), process.env);
if (!result.ok) {
  process.stderr.write(`syndicate webhook cannot start:\n${result.problems.map((line) => `- ${line}\n`).join("")}`);
  process.exit(2);
}
const { clusterName: cluster, unionSelector, syncUser, syncPort, certDir, port, logLevel } = result.config;
const log = pino({ level: logLevel, base: { program: "webhook", cluster } });
const metrics = createMetrics();
const now = Date.now;
let server: WebhookServer | undefined;

const certificate = watchCertificate({
  folder: certDir,
  now,
  onPair: (pair) => {
    server?.setCertificate(pair);
    metrics.setCertificateEnd(pair.notAfter);
    log.info({ notAfter: pair.notAfter }, "certificate in use");
  },
  onProblem: (reason) => log.warn({ reason }, "certificate not usable"),
});

process.once("SIGTERM", leave);
process.once("SIGINT", leave);

const app = createApp({
  settings: { cluster, syncUser, unionSelector },
  askAdvice: createAdviceClient({
    port: syncPort,
    cluster,
    onFailure: (reason) => log.warn({ reason }, "no advice from the sync process"),
  }),
  now,
  metrics,
  log,
  whyUnready: () => {
    if (server?.isDraining()) return "draining";
    const end = certificate.current()?.notAfter.getTime();
    return end !== undefined && end > now() ? undefined : "no valid certificate";
  },
});
server = createWebhookServer(await certificate.first, app);
log.info({ port: await server.listen(port) }, "listening");

async function leave(signal: NodeJS.Signals): Promise<void> {
  log.info({ signal }, "leaving");
  await server?.drain();
  certificate.stop();
  process.exit(0);
}
