import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { writeServed } from "../../sync/certificates/store.ts";
import { type KeyPair, readKeyPair, watchCertificate } from "../../webhook/certificate.ts";
import { makeCertificate } from "./served-app.ts";

let one: KeyPair;
let two: KeyPair;
let ended: KeyPair;

before(async () => {
  const day = 86_400_000;
  const made = await Promise.all([makeCertificate(), makeCertificate(), makeCertificate(Date.now() - 100 * day)]);
  [one, two, ended] = made.map(({ pair }) => pair) as [KeyPair, KeyPair, KeyPair];
});

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "syndicate-certificate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Watches a folder and records what happens. Polling is off unless asked for, so that file events are what is tested. */
function observe(t: TestContext, folder: string, pollMs = 3_600_000) {
  const pairs: string[] = [];
  const problems: string[] = [];
  const watch = watchCertificate({
    folder,
    now: Date.now,
    onPair: ({ cert }) => pairs.push(cert),
    onProblem: (reason) => problems.push(reason),
    pollMs,
  });
  t.after(watch.stop);
  return { watch, pairs, problems };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited 5 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a good pair is read with the end of its life", async (t) => {
  const folder = makeFolder(t);
  await writeServed(folder, one);
  const pair = await readKeyPair(folder, Date.now());
  assert.equal(pair.cert, one.cert);
  assert.ok(pair.notAfter.getTime() > Date.now() + 86_400_000);
});

const bad: [name: string, cert: () => string, key: () => string, reason: RegExp][] = [
  ["a key of another certificate", () => one.cert, () => two.key, /do not belong together/],
  ["an ended certificate", () => ended.cert, () => ended.key, /ended at/],
  ["a certificate that is none", () => "x", () => one.key, /tls\.crt is no PEM certificate/],
  ["a truncated certificate", () => one.cert.slice(0, 200), () => one.key, /tls\.crt is no PEM certificate/],
  ["a key that is none", () => one.cert, () => "", /tls\.key is no PEM private key/],
];
for (const [name, cert, key, reason] of bad) {
  test(`${name} is refused`, async (t) => {
    const folder = makeFolder(t);
    await writeServed(folder, { cert: cert(), key: key() });
    await assert.rejects(readKeyPair(folder, Date.now()), reason);
  });
}

test("a certificate of the future is refused", async (t) => {
  const folder = makeFolder(t);
  await writeServed(folder, one);
  await assert.rejects(readKeyPair(folder, Date.now() - 7 * 86_400_000), /valid only from/);
});

test("a start without certificate waits, and says why once", async (t) => {
  const folder = makeFolder(t);
  const { watch, pairs, problems } = observe(t, folder);
  await watch.check();
  await watch.check();
  assert.equal(watch.current(), undefined);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /cannot be read \(ENOENT\)/);
  await writeServed(folder, one);
  assert.equal((await watch.first).cert, one.cert);
  assert.deepEqual(pairs, [one.cert]);
});

test("a renewed pair is picked up by itself, written file by file as the sync process does", async (t) => {
  const folder = makeFolder(t);
  await writeServed(folder, one);
  const { watch, pairs } = observe(t, folder);
  await watch.first;
  await writeServed(folder, two);
  await until(() => pairs.length === 2, "the renewed pair");
  assert.deepEqual(pairs, [one.cert, two.cert]);
});

test("a swapped link is picked up, as kubelet swaps ..data", async (t) => {
  const folder = makeFolder(t);
  for (const [name, pair] of [
    ["v1", one],
    ["v2", two],
  ] as const) {
    mkdirSync(join(folder, name));
    await writeServed(join(folder, name), pair);
  }
  symlinkSync("v1", join(folder, "..data"));
  for (const file of ["tls.crt", "tls.key"]) symlinkSync(join("..data", file), join(folder, file));
  const { watch, pairs } = observe(t, folder);
  await watch.first;
  symlinkSync("v2", join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  await until(() => pairs.length === 2, "the pair behind the new link");
  assert.equal(watch.current()?.cert, two.cert);
});

test("damage keeps the last good pair, repair is seen", async (t) => {
  const folder = makeFolder(t);
  await writeServed(folder, one);
  const { watch, problems } = observe(t, folder);
  await watch.first;
  writeFileSync(join(folder, "tls.key"), two.key);
  await until(() => problems.length > 0, "the mismatch");
  assert.equal(watch.current()?.cert, one.cert);
  writeFileSync(join(folder, "tls.crt"), two.cert);
  await until(() => watch.current()?.cert === two.cert, "the repaired pair");
});

test("a pair that cannot be put to use is refused like a bad one", async (t) => {
  const folder = makeFolder(t);
  await writeServed(folder, one);
  const problems: string[] = [];
  const watch = watchCertificate({
    folder,
    now: Date.now,
    onPair: () => {
      throw new Error("no room");
    },
    onProblem: (reason) => problems.push(reason),
  });
  t.after(watch.stop);
  await watch.check();
  assert.equal(watch.current(), undefined);
  assert.deepEqual(problems, ["no room"]);
});

test("a folder that comes later is found by looking now and then", async (t) => {
  const folder = join(makeFolder(t), "later");
  const { watch } = observe(t, folder, 50);
  await watch.check();
  await writeServed(folder, one);
  assert.equal((await watch.first).cert, one.cert);
});
