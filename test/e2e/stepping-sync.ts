/**
 * A sync process that kills itself with SIGKILL right after its first successful write to a Service, slice or Endpoints
 * object, status included. Composed as sync/main.ts composes the real one, without certificates, election, identity (the
 * ordinary process has published it) and HTTP servers.
 */
import { readFileSync, writeSync } from "node:fs";
import { pino } from "pino";
import { FIELD_MANAGER } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { readConfig } from "../../sync/config.ts";
import { Controller } from "../../sync/controller.ts";
import { createRecorder } from "../../sync/events.ts";
import { readClusterUid } from "../../sync/identity.ts";
import { STEP } from "./supervisor.ts";

/** Events are no steps of the protocol. */
const STEPS = /\/(services|endpointslices|endpoints)(\/|$)/;

/** The client whose writes end the process. */
function mortal(client: KubeClient): KubeClient {
  const dieAfter = async <T>(verb: string, path: string, written: Promise<T>): Promise<T> => {
    const result = await written;
    if (!STEPS.test(path)) return result;
    writeSync(1, `${STEP}${verb} ${path}\n`);
    process.kill(process.pid, "SIGKILL");
    // The signal ends this thread before anything else is done.
    return new Promise<never>(() => undefined);
  };
  return {
    ...client,
    create: (path, body, options) => dieAfter("create", path, client.create(path, body, options)),
    replace: (path, body, options) => dieAfter("replace", path, client.replace(path, body, options)),
    patch: (path, body, type, options) => dieAfter("patch", path, client.patch(path, body, type, options)),
    remove: (path, preconditions, options) => dieAfter("remove", path, client.remove(path, preconditions, options)),
  };
}

const config = readConfig(process.argv.slice(2), process.env);
const log = pino({ level: config.logLevel, base: { cluster: config.clusterName } });
const credentials = parsePlainKubeconfig(readFileSync(config.kubeconfig ?? "", "utf8"), "stepping-sync");
const client = mortal(createClient(credentials, { cluster: config.clusterName, fieldManager: FIELD_MANAGER }));
const clusterUid = readClusterUid(client);
const onError = (error: unknown) => log.debug({ err: error }, "an Event could not be written");
const recorder = createRecorder({ client, instance: `stepping-${process.pid}`, now: Date.now, onError });
await new Controller({ config, client, clusterUid, recorder, log }).start();
