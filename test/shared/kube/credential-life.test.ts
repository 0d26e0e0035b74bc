import assert from "node:assert/strict";
import { test } from "node:test";
import { readCredentialLife } from "../../../shared/kube/credential-life.ts";
import { issueLeaf, makeAuthority } from "../../../sync/certificates/issuer.ts";

const token = (claims: unknown) =>
  ["{}", JSON.stringify(claims), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".");
const credentials = { server: "https://east", podCIDRs: [] };

test("a token begins and ends when it says so; of one that says nothing, nothing is known", () => {
  const life = readCredentialLife({ ...credentials, token: token({ iat: 1_700_000_000, exp: 1_800_000_000 }) });
  assert.deepEqual(life, { issuedAt: 1_700_000_000_000, endsAt: 1_800_000_000_000 });
  for (const text of [token({}), token(null), token({ iat: "now", exp: "soon" }), "opaque", "a.b.c", "", "..."])
    assert.deepEqual(readCredentialLife({ ...credentials, token: text }), {}, text);
  assert.deepEqual(readCredentialLife(credentials), {});
});

test("a client certificate is good from when to when it says", async () => {
  const now = Date.parse("2026-05-01T00:00:00Z");
  const { cert, key } = await issueLeaf(await makeAuthority(now), ["east"], now);
  const { issuedAt = 0, endsAt = 0 } = readCredentialLife({ ...credentials, cert, key });
  assert.ok(issuedAt <= now && now < endsAt);
  const both = readCredentialLife({ ...credentials, cert, key, token: token({ iat: 1, exp: 2 }) });
  assert.deepEqual(both, { issuedAt: 1000, endsAt: 2000 });
});
