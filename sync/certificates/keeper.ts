/** Keeps the webhook's certificates current: reads the state, asks what is due, does it, until nothing is due. */
import { type CertificateState, type CertificateStep, decideCertificates, observeTrust } from "./decision.ts";
import { type Authority, type KeyPair, readAuthority, readBundle, readLeaf } from "./facts.ts";
import type { issueLeaf, makeAuthority } from "./issuer.ts";
import type { CertificateStore, StoredSecret, WebhookConfiguration } from "./store.ts";

/** Receives one line per step or failure. */
export interface CertificateLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** What the keeper works with. */
export interface KeeperOptions {
  store: CertificateStore;
  /** DNS names and IP addresses the API server calls the webhook by. */
  hosts: readonly string[];
  /** Milliseconds since 1970. */
  now: () => number;
  log: CertificateLog;
  /** Replaced in tests, where making keys takes too long. */
  issuer?: Issuer;
}

interface Issuer {
  makeAuthority: typeof makeAuthority;
  issueLeaf: typeof issueLeaf;
}

/** node-forge is loaded when there is something to make: most starts find everything made. */
const ISSUER: Issuer = {
  makeAuthority: async (...order) => (await import("./issuer.ts")).makeAuthority(...order),
  issueLeaf: async (...order) => (await import("./issuer.ts")).issueLeaf(...order),
};

interface World {
  secret: StoredSecret;
  configurations: WebhookConfiguration[];
  state: CertificateState;
}

type Slot = "ca" | "next-ca" | "previous-ca" | "tls";

// From nothing it takes three rounds; more than this means that somebody undoes what we do.
const ROUNDS = 8;

function readPair(data: ReadonlyMap<string, string>, slot: Slot): Partial<KeyPair> {
  const cert = data.get(`${slot}.crt`);
  const key = data.get(`${slot}.key`);
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

function writePair(data: Map<string, string>, slot: Slot, pair: Partial<KeyPair> | undefined): void {
  for (const [part, text] of [
    ["crt", pair?.cert],
    ["key", pair?.key],
  ] as const) {
    if (text === undefined) data.delete(`${slot}.${part}`);
    else data.set(`${slot}.${part}`, text);
  }
}

/** Runs the certificate work of one sync process; several processes may do so on the same Secret. */
export class CertificateKeeper {
  readonly #options: KeeperOptions;
  readonly #issuer: Issuer;
  // Lost on restart, which only makes the next swap wait again.
  #trustedSince = new Map<string, number>();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#issuer = options.issuer ?? ISSUER;
  }

  /** Does what is due. Never rejects: what failed is logged and tried again by the next call. */
  async check(): Promise<void> {
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const world = await this.#gather();
        const steps = decideCertificates(world.state, this.#options.now());
        if (steps.length === 0 || !(await this.#applyAll(steps, world))) return;
      }
      this.#options.log.warn({}, "certificates do not come to rest; does something else write the Secret or caBundle?");
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, "certificates could not be checked; tried again in a minute");
    }
  }

  async #gather(): Promise<World> {
    const { store, hosts, now } = this.#options;
    const [secret, configurations, served] = await Promise.all([
      store.readSecret(),
      store.readConfigurations(),
      store.readServed(),
    ]);
    const published = configurations.flatMap((one) => one.webhooks.map((webhook) => readBundle(webhook.bundle)));
    const [current, next, previous] = (["ca", "next-ca", "previous-ca"] as const).map((slot) => {
      const pair = readPair(secret.data, slot);
      return readAuthority(pair.cert, pair.key);
    });
    const mine = [current, next, previous].filter((authority) => authority !== undefined);
    const known = [...mine, ...published.flat()];
    this.#trustedSince = observeTrust(this.#trustedSince, mine, published, now());
    const state = dropUndefined({
      current,
      next,
      previous,
      leaf: readLeaf(readPair(secret.data, "tls"), known, hosts),
      served: readLeaf(served, known, hosts),
    });
    return { secret, configurations, state: { ...state, published, trustedSince: this.#trustedSince } };
  }

  /** True when all steps were done. One that fails does not keep the others back. */
  async #applyAll(steps: readonly CertificateStep[], world: World): Promise<boolean> {
    let done = true;
    for (const step of steps) {
      try {
        await this.#apply(step, world);
        this.#options.log.info({ step: step.do }, `certificates: ${step.do}, because ${step.because}`);
      } catch (error) {
        done = false;
        this.#options.log.warn({ step: step.do, error: String(error) }, `certificates: ${step.do} failed`);
      }
    }
    return done;
  }

  async #apply(step: CertificateStep, world: World): Promise<void> {
    const { store } = this.#options;
    if (step.do === "publish") {
      const bundle = step.bundle.map((authority) => authority.pem).join("");
      await Promise.all(world.configurations.map((one) => store.publishBundle(one, bundle)));
    } else if (step.do === "serve") {
      await store.serve(readPair(world.secret.data, "tls") as KeyPair);
    } else {
      await store.writeSecret(await this.#changeSecret(step, world.secret.data), world.secret.version);
    }
  }

  async #changeSecret(
    step: Exclude<CertificateStep, { do: "publish" | "serve" }>,
    before: ReadonlyMap<string, string>,
  ): Promise<Map<string, string>> {
    const { hosts, now } = this.#options;
    const data = new Map(before);
    if (step.do === "found") {
      writePair(data, "ca", await this.#issuer.makeAuthority(now()));
      writePair(data, "next-ca", undefined);
      writePair(data, "previous-ca", keepCertificate(step.previous));
    } else if (step.do === "prepare") {
      writePair(data, "next-ca", await this.#issuer.makeAuthority(now()));
    } else if (step.do === "promote") {
      // The old key is forgotten: nothing can be signed with it any more while it is still trusted.
      writePair(data, "previous-ca", withoutKey(readPair(before, "ca")));
      writePair(data, "ca", readPair(before, "next-ca"));
      writePair(data, "next-ca", undefined);
    } else if (step.do === "retire") {
      writePair(data, "previous-ca", undefined);
      return data;
    }
    if (step.do === "prepare") return data;
    writePair(data, "tls", await this.#issuer.issueLeaf(readPair(data, "ca") as KeyPair, hosts, now()));
    return data;
  }
}

function withoutKey({ cert }: Partial<KeyPair>): Partial<KeyPair> {
  return cert === undefined ? {} : { cert };
}

function keepCertificate(authority: Authority | undefined): { cert: string } | undefined {
  return authority && { cert: authority.pem };
}

function dropUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
