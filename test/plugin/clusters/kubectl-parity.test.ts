import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "../../../plugin/clusters/connect.ts";
import type { Impersonation } from "../../../plugin/clusters/credentials.ts";
import { mergeKubeconfigs, readKubeconfigFiles } from "../../../plugin/clusters/kubeconfig.ts";
import { findKubectl } from "../../lab/binaries/kubectl.ts";
import { runCommand } from "../../lab/process.ts";
import { makeCertificate } from "../../shared/kube/test-certificates.ts";
import { type SeenRequest, sendJson, startTinyServer, type TinyServer } from "../../shared/kube/tiny-server.ts";
import { type ConnectProxy, startConnectProxy } from "./connect-proxy.ts";

// The same kubeconfig through kubectl and through us: the server must see the same.

const folder = mkdtempSync(join(tmpdir(), "parity-"));
const written = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(folder, name), text, { mode });
  return join(folder, name);
};
const certificate = makeCertificate("api");
const person = makeCertificate("ana");
let kubectl: string;
let server: TinyServer;
let proxy: ConnectProxy;

before(async () => {
  kubectl = await findKubectl(() => undefined, process.env);
  const tls = { ...certificate, requestCert: true, ca: [person.cert], rejectUnauthorized: false };
  server = await startTinyServer((_request, response) => sendJson(response, { major: "1" }), tls);
  proxy = await startConnectProxy(server.port);
});
after(async () => {
  await proxy.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const base64 = (text: string) => Buffer.from(text).toString("base64");
/** Prints what it was told as its token, so that the server sees it. */
const told = `const info = process.env.KUBERNETES_EXEC_INFO;
const token = Buffer.from(info + (process.env.MINE ?? "")).toString("base64");
console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));`;
written(
  "login",
  `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"by-path"}}'\n`,
  0o755,
);
const exec = (more: object) => ({
  apiVersion: "client.authentication.k8s.io/v1",
  command: process.execPath,
  args: ["-e", told],
  interactiveMode: "IfAvailable",
  ...more,
});

interface Row {
  user?: object;
  cluster?: object;
  impersonate?: Partial<Impersonation>;
  env?: Record<string, string>;
}

const rows: Record<string, Row> = {
  token: { user: { token: "abc" } },
  "a token file before a token, its path meant from the kubeconfig": { user: { token: "old", tokenFile: "token" } },
  "name and password": { user: { username: "ana", password: "secret" } },
  "client certificate as data": {
    user: { "client-certificate-data": base64(person.cert), "client-key-data": base64(person.key) },
  },
  "client certificate as files": { user: { "client-certificate": "ana.crt", "client-key": "ana.key" } },
  "exec plugin with its own variables": { user: { exec: exec({ env: [{ name: "MINE", value: "yes" }] }) } },
  "exec plugin that wants to know the cluster": { user: { exec: exec({ provideClusterInfo: true }) } },
  "exec plugin beside the kubeconfig": { user: { exec: exec({ command: "./login", args: [] }) } },
  "who the kubeconfig acts as": {
    user: { token: "abc", as: "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": { "x/Y": ["1", "2"] } },
  },
  "who the flags act as": {
    user: { token: "abc", as: "jane", "as-groups": ["a"] },
    impersonate: { user: "joe", groups: ["c", "d"], uid: "8" },
  },
  "proxy of the kubeconfig": { cluster: { "proxy-url": "<proxy>" } },
  "proxy of the environment": { cluster: { server: "https://api.test" }, env: { HTTPS_PROXY: "<proxy>" } },
  "proxy by its small name": { cluster: { server: "https://api.test:6443" }, env: { https_proxy: "<proxy>" } },
  "proxy, other names left out": {
    cluster: { server: "https://api.test" },
    env: { HTTPS_PROXY: "<proxy>", NO_PROXY: "pi.test,.api.test,api.test:444,10.0.0.0/8" },
  },
  "loopback takes no proxy": { env: { HTTPS_PROXY: "<proxy>" } },
  "network left out": {
    cluster: { server: "https://127.0.0.1:<port>" },
    env: { HTTPS_PROXY: "<proxy>", NO_PROXY: "127.0.0.0/8" },
  },
};
written("token", "from-file\n");
written("ana.crt", person.cert);
written("ana.key", person.key);

/** What of a request and its way counts. */
async function sightOf(ask: () => Promise<unknown>): Promise<object> {
  const [requests, asked] = [server.requests.length, proxy.asked.length];
  await ask();
  const request = server.requests.slice(requests).find(({ path }) => path === "/version");
  assert.ok(request, "no request arrived");
  return { ...headersOf(request), proxied: proxy.asked.slice(asked) };
}

function headersOf({ headers, person: peer }: SeenRequest): object {
  const wanted = Object.entries(headers).filter(([name]) => /^(authorization|impersonate-.*)$/.test(name));
  return { ...Object.fromEntries(wanted), peer };
}

function fill<T>(value: T): T {
  const text = JSON.stringify(value ?? {})
    .replaceAll("<proxy>", proxy.url)
    .replaceAll("<port>", `${server.port}`);
  return JSON.parse(text) as T;
}

describe("the server sees what it sees of kubectl", () => {
  for (const [name, row] of Object.entries(rows)) {
    test(name, async () => {
      const { user = { token: "abc" }, cluster, impersonate, env = {} } = fill(row);
      const entry = { server: server.url, "certificate-authority-data": base64(certificate.cert), ...cluster };
      const named = { ...entry, ...(entry.server === server.url ? {} : { "tls-server-name": "127.0.0.1" }) };
      const file = written(
        "config",
        JSON.stringify({
          apiVersion: "v1",
          kind: "Config",
          "current-context": "x",
          clusters: [{ name: "c", cluster: named }],
          users: [{ name: "u", user }],
          contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        }),
      );
      const flags = [
        ...(impersonate?.user ? ["--as", impersonate.user, "--as-uid", impersonate.uid ?? ""] : []),
        ...(impersonate?.groups ?? []).flatMap((group) => ["--as-group", group]),
      ];
      const theirs = await sightOf(async () => {
        const { code, stderr } = await runCommand([kubectl, "get", "--raw", "/version", ...flags], {
          env: { KUBECONFIG: file, ...env },
        });
        assert.equal(code, 0, stderr);
      });
      const ours = await sightOf(async () => {
        const config = mergeKubeconfigs(readKubeconfigFiles({ KUBECONFIG: file }));
        const { client } = await connect(config, "x", {
          impersonate: { groups: [], ...impersonate },
          env: { ...process.env, ...env },
          canAsk: false,
          now: Date.now,
        });
        await client.get("/version");
        await client.close();
      });
      assert.deepEqual(readable(ours), readable(theirs));
    });
  }
});

/** What the exec plugin was told, as an object: the order of its fields is nobody's business. */
function readable(sight: object): object {
  const { authorization = "", ...rest } = sight as Record<string, string>;
  const text = Buffer.from(authorization.replace("Bearer ", ""), "base64").toString();
  const [, json, after] = /^(\{.*\})(.*)$/s.exec(text) ?? [];
  return { ...rest, authorization: json === undefined ? authorization : { told: JSON.parse(json), after } };
}
