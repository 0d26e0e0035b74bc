import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTHORITY_LIFE, LEAF_LIFE, SETTLE } from "../../../sync/certificates/decision.ts";
import { type KeyPair, readBundle, readLeaf } from "../../../sync/certificates/facts.ts";
import { issueLeaf, makeAuthority, makeKeys } from "../../../sync/certificates/issuer.ts";
import { CertificateKeeper } from "../../../sync/certificates/keeper.ts";
import type { CertificateStore, StoredSecret, WebhookConfiguration } from "../../../sync/certificates/store.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const HOSTS = ["syndicate-webhook.syndicate-system.svc"];
// API servers may use a bundle this long after it was replaced.
const LAG = 30_000;

const keys = [await makeKeys(), await makeKeys(), await makeKeys()];
let used = 0;
const newKeys = async () => keys[used++ % keys.length] as (typeof keys)[number];

/** A cluster's Secret and configurations, and replicas that work on them; checks that every leaf in use is trusted. */
class World {
  now = Date.UTC(2030, 0, 1);
  version = 0;
  secret: Map<string, string> | undefined;
  bundles: { text: string; before: string; changed: number }[] = [
    { text: "", before: "", changed: 0 },
    { text: "", before: "", changed: 0 },
  ];
  served: Partial<KeyPair>[] = [];
  writes: string[] = [];
  warnings: string[] = [];
  refuse = "";

  addReplica(): CertificateKeeper {
    const replica = this.served.push({}) - 1;
    const issuer = {
      makeAuthority: (now: number) => makeAuthority(now, newKeys),
      issueLeaf: (ca: KeyPair, hosts: readonly string[], now: number) => issueLeaf(ca, hosts, now, newKeys),
    };
    const log = { info: () => {}, warn: (_: object, text: string) => this.warnings.push(text) };
    return new CertificateKeeper({ store: this.store(replica), hosts: HOSTS, now: () => this.now, log, issuer });
  }

  store(replica: number): CertificateStore {
    const act = (name: string) => {
      if (this.refuse === name) throw new Error(`${name} refused`);
      this.writes.push(name);
    };
    return {
      readSecret: async (): Promise<StoredSecret> =>
        this.secret ? { version: `${this.version}`, data: new Map(this.secret) } : { data: new Map() },
      writeSecret: async (data, version) => {
        if (version !== (this.secret ? `${this.version}` : undefined)) throw new Error("conflict");
        act("writeSecret");
        this.secret = new Map(data);
        this.version += 1;
      },
      readConfigurations: async () => this.bundles.map(({ text }) => configuration(text)),
      publishBundle: async (given, bundle) => {
        act("publishBundle");
        for (const one of this.bundles) if (one.text === given.webhooks[0]?.bundle) this.publish(one, bundle);
      },
      readServed: async () => this.served[replica] ?? {},
      serve: async (leaf) => {
        act("serve");
        this.served[replica] = leaf;
      },
    };
  }

  publish(one: World["bundles"][number], text: string): void {
    Object.assign(one, { text, before: one.text, changed: this.now });
  }

  /** Both the newest bundles and those an API server may still use must trust what every replica serves. */
  assertTrusted(lag = LAG): void {
    for (const leaf of this.served) {
      for (const { text, before, changed } of this.bundles) {
        for (const seen of this.now - changed < lag ? [text, before] : [text]) {
          const facts = readLeaf(leaf, readBundle(seen), HOSTS);
          assert.ok(facts && facts.issuers.length > 0, `not trusted at ${new Date(this.now).toISOString()}`);
          assert.ok(facts.notBefore <= this.now && this.now < facts.notAfter, "leaf not valid");
        }
      }
    }
  }
}

function configuration(bundle: string): WebhookConfiguration {
  return { resource: "mutatingwebhookconfigurations", webhooks: [{ name: "x", bundle }] };
}

test("a new cluster is ready after one check, and a second check writes nothing", async () => {
  const world = new World();
  const keeper = world.addReplica();
  await keeper.check();
  world.assertTrusted(0);
  world.writes = [];
  await keeper.check();
  assert.deepEqual(world.writes, []);
  assert.deepEqual(world.warnings, []);
});

test("two years of two replicas: leaf and authority change, and at every moment all are trusted", async () => {
  const world = new World();
  const replicas = [world.addReplica(), world.addReplica()];
  for (const replica of replicas) await replica.check();
  const start = world.now;
  world.now += LAG;
  const authorities = new Set<string>();
  const leaves = new Set<string>();
  while (world.now < start + 2 * AUTHORITY_LIFE) {
    world.writes = [];
    for (const replica of replicas) {
      await replica.check();
      world.assertTrusted();
      world.now += 20_000;
    }
    authorities.add(world.secret?.get("ca.crt") ?? "");
    leaves.add(world.secret?.get("tls.crt") ?? "");
    const busy = world.writes.length > 0 || world.secret?.has("next-ca.crt") || world.secret?.has("previous-ca.crt");
    world.now += busy ? MINUTE : 2 * DAY;
  }
  assert.equal(authorities.size, 3, "one authority per two thirds of a year");
  assert.ok(leaves.size > (2 * AUTHORITY_LIFE) / LEAF_LIFE, `${leaves.size} leaves`);
});

/** Two replicas at rest, something breaks, then 10 minutes of checks that must keep every leaf trusted. */
async function breakAndWatch(harm: (world: World) => void): Promise<World> {
  const world = new World();
  const replicas = [world.addReplica(), world.addReplica()];
  for (const replica of replicas) await replica.check();
  world.now += SETTLE + MINUTE;
  for (const replica of replicas) await replica.check();
  harm(world);
  for (let minute = 0; minute < 10; minute += 1) {
    for (const replica of replicas) {
      await replica.check();
      world.assertTrusted();
    }
    world.now += MINUTE;
  }
  return world;
}

test("a deleted Secret is replaced, and the running webhooks stay trusted meanwhile", async () => {
  const world = await breakAndWatch((one) => {
    one.secret = undefined;
  });
  assert.equal(world.served[0]?.cert, world.secret?.get("tls.crt"));
  assert.equal(world.served[1]?.cert, world.secret?.get("tls.crt"));
});

test("a deleted Secret found by a replica that serves nothing yet: the others stay trusted meanwhile", async () => {
  const world = new World();
  const first = world.addReplica();
  await first.check();
  world.now += SETTLE + MINUTE;
  world.secret = undefined;
  const second = world.addReplica();
  for (let minute = 0; minute < 10; minute += 1) {
    for (const replica of [second, first]) {
      await replica.check();
      // What a replica serves first need not be trusted by API servers yet: it is not ready before.
      world.assertTrusted(0);
    }
    world.now += MINUTE;
  }
  assert.equal(world.served[0]?.cert, world.secret && world.served[1]?.cert);
});

for (const slot of ["ca.crt", "ca.key", "tls.crt", "tls.key"]) {
  test(`a Secret whose ${slot} is broken is repaired, and the running webhooks stay trusted meanwhile`, async () => {
    const world = await breakAndWatch((one) => one.secret?.set(slot, "nonsense"));
    assert.ok(world.secret && ![...world.secret.values()].includes("nonsense"));
  });
}

test("an edited caBundle is put right by the next check", async () => {
  const world = await breakAndWatch((one) => {
    const [first] = one.bundles;
    // Changed long ago, so that no API server still uses what it was before.
    Object.assign(first ?? {}, { text: "", changed: 0 });
  });
  assert.equal(world.bundles[0]?.text, world.bundles[1]?.text);
});

test("a refused publication does not stop the first certificate, and is tried again", async () => {
  const world = new World();
  const keeper = world.addReplica();
  world.refuse = "publishBundle";
  await keeper.check();
  assert.ok(world.served[0]?.cert);
  assert.ok(world.warnings.length > 0);
  world.refuse = "";
  await keeper.check();
  world.assertTrusted(0);
});

test("an authority that cannot be published is not used", async () => {
  const world = new World();
  const keeper = world.addReplica();
  await keeper.check();
  world.now += (AUTHORITY_LIFE * 3) / 4;
  await keeper.check();
  const next = world.secret?.get("next-ca.crt");
  assert.ok(next);
  for (const bundle of world.bundles) bundle.text = world.secret?.get("ca.crt") ?? "";
  world.refuse = "publishBundle";
  for (let minute = 0; minute < 10; minute += 1) {
    world.now += MINUTE;
    await keeper.check();
    world.assertTrusted(0);
  }
  assert.equal(world.secret?.get("next-ca.crt"), next);
});
