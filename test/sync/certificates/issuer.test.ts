import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { AUTHORITY_LIFE, BACKDATED, LEAF_LIFE } from "../../../sync/certificates/decision.ts";
import { readAuthority, readBundle, readLeaf } from "../../../sync/certificates/facts.ts";
import { issueLeaf, makeAuthority } from "../../../sync/certificates/issuer.ts";

const HOSTS = ["syndicate-webhook.syndicate-system.svc", "127.0.0.1", "fd00::1"];
// Certificates count in whole seconds.
const NOW = Math.floor(Date.now() / 1000) * 1000;

const ca = await makeAuthority(NOW);
const pair = await issueLeaf(ca, HOSTS, NOW);
const authority = readAuthority(ca.cert, ca.key);
assert.ok(authority);

test("an authority lives a year, a leaf 30 days, both from an hour ago", () => {
  const leaf = readLeaf(pair, [authority], HOSTS);
  assert.ok(leaf);
  assert.deepEqual([authority.notBefore, authority.notAfter], [NOW - BACKDATED, NOW + AUTHORITY_LIFE]);
  assert.deepEqual([leaf.notBefore, leaf.notAfter], [NOW - BACKDATED, NOW + LEAF_LIFE]);
  assert.deepEqual(leaf.issuers, [authority.fingerprint]);
  assert.deepEqual(leaf.missing, []);
  assert.equal(authority.canSign, true);
});

test("a leaf never outlives its authority", async () => {
  const late = NOW + AUTHORITY_LIFE - 1000;
  assert.equal(readLeaf(await issueLeaf(ca, HOSTS, late), [], [])?.notAfter, authority.notAfter);
});

test("names and addresses the leaf lacks are found", () => {
  assert.deepEqual(readLeaf(pair, [], ["other.svc", "10.1.2.4", "fd00:0:0:0:0:0:0:1"])?.missing, [
    "other.svc",
    "10.1.2.4",
  ]);
});

test("what is broken is absent", async () => {
  const other = await makeAuthority(NOW);
  assert.equal(readAuthority("nonsense"), undefined);
  assert.equal(readAuthority(undefined), undefined);
  assert.equal(readAuthority(pair.cert), undefined, "a leaf is no authority");
  assert.equal(readAuthority(ca.cert, other.key)?.canSign, false);
  assert.equal(readAuthority(ca.cert, "nonsense")?.canSign, false);
  assert.equal(readLeaf({ cert: pair.cert, key: other.key }, [], []), undefined);
  assert.equal(readLeaf({ cert: pair.cert }, [], []), undefined);
  assert.equal(readLeaf(ca, [], []), undefined, "an authority is no leaf");
  assert.deepEqual(
    readLeaf(
      pair,
      [readAuthority(other.cert)].filter((one) => one !== undefined),
      [],
    )?.issuers,
    [],
  );
  const broken = ca.cert.replace(/[A-Za-z]{9}/, "AAAAAAAAA");
  assert.deepEqual(
    readBundle(`x${broken}y${other.cert}`).map((one) => one.pem.trim()),
    [other.cert.replaceAll("\r", "").trim()],
  );
});

test("a TLS client that trusts only the bundle accepts the leaf by name and by address", async () => {
  const server = createServer({ cert: pair.cert, key: pair.key }, (_request, response) => response.end("ok"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    for (const servername of [HOSTS[0] as string, undefined]) {
      const call = request({
        host: "127.0.0.1",
        port,
        servername,
        ca: readBundle(ca.cert)[0]?.pem,
        agent: false,
      }).end();
      const [response] = await once(call, "response");
      response.resume();
      assert.equal(response.statusCode, 200);
    }
    const stranger = request({ host: "127.0.0.1", port, servername: "other.svc", ca: ca.cert, agent: false }).end();
    const [error] = await once(stranger, "error");
    assert.equal(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  } finally {
    server.close();
  }
});
