import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { KubeConfig } from "@kubernetes/client-node";
import { type ClusterCredentials, currentToken } from "../../../shared/kube/credentials.ts";
import { credentialsFromKubeConfig } from "../../../shared/kube/personal-kubeconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
after(() => rmSync(folder, { recursive: true }));

/** A plugin that prints how often it was called, as a token that is valid for a day. */
const counter = join(folder, "calls");
const plugin = `const fs = require("fs"); fs.appendFileSync(${JSON.stringify(counter)}, "x");
const n = fs.readFileSync(${JSON.stringify(counter)}, "utf8").length;
console.log(JSON.stringify({ status: { token: "exec-" + n, expirationTimestamp: new Date(Date.now() + 86400000) } }));`;

const users = {
  token: { token: "abc" },
  certificate: { "client-certificate-data": Buffer.from("CERT").toString("base64"), "client-key": "key.pem" },
  basic: { username: "u", password: "p" },
  as: { token: "abc", as: "jane" },
  exec: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", plugin] } },
};

writeFileSync(join(folder, "key.pem"), "KEY");
writeFileSync(join(folder, "ca.pem"), "CA");
const file = join(folder, "config");
writeFileSync(
  file,
  JSON.stringify({
    "current-context": "token",
    clusters: [
      {
        name: "east",
        cluster: {
          server: "https://10.0.0.1:6443/",
          "certificate-authority": "ca.pem",
          "tls-server-name": "kubernetes",
        },
      },
      {
        name: "lax",
        cluster: { server: "https://10.0.0.2", "insecure-skip-tls-verify": true, "proxy-url": "http://p:1" },
      },
    ],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: [
      ...Object.keys(users).map((name) => ({ name, context: { cluster: "east", user: name } })),
      { name: "lax", context: { cluster: "lax", user: "token" } },
      { name: "nobody", context: { cluster: "east", user: "nobody" } },
      { name: "nowhere", context: { cluster: "nowhere", user: "token" } },
    ],
  }),
);

const east = { server: "https://10.0.0.1:6443", caData: "CA", serverName: "kubernetes", headers: {}, podCIDRs: [] };
function fileCredentials(path: string, context?: string): Promise<ClusterCredentials> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  return credentialsFromKubeConfig(kubeConfig, context ?? kubeConfig.getCurrentContext());
}

const rows: { context: string | undefined; expected: object }[] = [
  { context: undefined, expected: { ...east, token: "abc" } },
  { context: "token", expected: { ...east, token: "abc" } },
  { context: "certificate", expected: { ...east, cert: "CERT", key: "KEY" } },
  { context: "basic", expected: { ...east, headers: { authorization: "Basic dTpw" } } },
  { context: "as", expected: { ...east, token: "abc", headers: { "Impersonate-User": "jane" } } },
  {
    context: "lax",
    expected: {
      server: "https://10.0.0.2",
      token: "abc",
      insecure: true,
      proxyUrl: "http://p:1",
      headers: {},
      podCIDRs: [],
    },
  },
];

describe("contexts of a kubeconfig file", () => {
  for (const { context, expected } of rows) {
    test(context ?? "the current one", async () => assert.deepEqual(await fileCredentials(file, context), expected));
  }

  test("exec: the token is kept while it is valid, and asked for again when it was refused", async () => {
    const credentials = await fileCredentials(file, "exec");
    assert.equal(await currentToken(credentials), "exec-1");
    assert.equal(await currentToken(credentials), "exec-1");
    assert.equal(await currentToken(credentials, true), "exec-2");
    assert.equal(await currentToken(credentials), "exec-2");
  });

  test("another context than the current one leaves the KubeConfig alone", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    assert.equal((await credentialsFromKubeConfig(kubeConfig, "certificate")).cert, "CERT");
    assert.equal(kubeConfig.getCurrentContext(), "token");
  });

  test("what is missing is named", async () => {
    await assert.rejects(
      fileCredentials(file, "west"),
      /no context "west" in the kubeconfig, only: token, certificate/,
    );
    await assert.rejects(fileCredentials(file, "nobody"), /"nobody" names a user that is not/);
    await assert.rejects(fileCredentials(file, "nowhere"), /"nowhere" names a cluster that is not/);
  });
});
