import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterCredentials } from "../../../shared/kube/credentials.ts";
import { openDispatcher } from "../../../shared/kube/dispatcher.ts";

test("certificates that cannot be read are told when the pool is opened, and where to look", () => {
  const credentials: ClusterCredentials = { server: "https://127.0.0.1:1", podCIDRs: [], cert: "none", key: "none" };
  assert.throws(() => openDispatcher(credentials), /client-certificate-data .* is no PEM that can be used: /);
});
