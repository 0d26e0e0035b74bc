import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialsEnd } from "../../../shared/kube/credential-end.ts";

const token = (claims: object) =>
  ["{}", JSON.stringify(claims), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".");
const credentials = { server: "https://east", podCIDRs: [] };

test("a token ends when it says so, and one that says nothing has no end known", () => {
  assert.equal(credentialsEnd({ ...credentials, token: token({ exp: 1_800_000_000 }) }), 1_800_000_000_000);
  for (const text of [token({}), token({ exp: "soon" }), "opaque", "a.b.c", "", "..."])
    assert.equal(credentialsEnd({ ...credentials, token: text }), undefined, text);
  assert.equal(credentialsEnd(credentials), undefined);
});
