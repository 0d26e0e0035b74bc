/** When the certificates are looked at: at once, then every minute, and whenever somebody asks. */
import type { KubeClient } from "../../shared/kube/client.ts";
import { type CancelTimer, type Clock, systemClock } from "../../shared/kube/clock.ts";
import { createClusterStore, WEBHOOK_SERVICE } from "./cluster-store.ts";
import { CertificateKeeper, type CertificateLog } from "./keeper.ts";

/** What `startCertificates` needs. */
export interface CertificateOptions {
  client: KubeClient;
  /** Our namespace. */
  namespace: string;
  /** Folder shared with the webhook; `tls.crt` and `tls.key` are kept in it. */
  certDir: string;
  /** Further DNS names and IP addresses by which API servers call the webhook, from `--webhook-host`. */
  hosts: readonly string[];
  log: CertificateLog;
  /** For waiting. Default `systemClock`. */
  clock?: Clock;
  /** Milliseconds since 1970, for validity. Default `Date.now`. */
  wallClock?: () => number;
}

/** The running certificate work. */
export interface Certificates {
  /** Looks now and resolves when all that can be done is done; never rejects. */
  check(): Promise<void>;
  /** Ends the work and resolves when a running check is over. */
  stop(): Promise<void>;
}

const INTERVAL = 60_000;

/** The names under which API servers call the webhook through its Service. */
export function listServiceHosts(namespace: string): string[] {
  const host = `${WEBHOOK_SERVICE}.${namespace}.svc`;
  return [host, `${host}.cluster.local`];
}

/**
 * Keeps the webhook's certificates current in every replica, leader or not: the Secret, both configurations' caBundle and the
 * folder. Failures are logged and tried again every minute.
 */
export function startCertificates(options: CertificateOptions): Certificates {
  const { client, namespace, certDir, hosts, log, clock = systemClock, wallClock = Date.now } = options;
  const store = createClusterStore(client, namespace, certDir);
  const keeper = new CertificateKeeper({
    store,
    hosts: [...listServiceHosts(namespace), ...hosts],
    now: wallClock,
    log,
  });
  let stopped = false;
  let cancel: CancelTimer = () => {};
  let running: Promise<void> = Promise.resolve();

  const check = (): Promise<void> => {
    // One after the other: two checks at once would both make an authority.
    running = running.then(() => (stopped ? undefined : keeper.check()));
    return running;
  };
  const repeat = async (): Promise<void> => {
    await check();
    if (!stopped) cancel = clock.after(INTERVAL, repeat);
  };
  void repeat();
  return {
    check,
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
