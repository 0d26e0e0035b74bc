import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { KubeconfigError, parsePlainKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { makeCertificate } from "./test-certificates.ts";

const SECRET = "s3cret-t0ken-value";
const own = makeCertificate("peer");
const other = makeCertificate("other");

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

type Fields = Record<string, unknown>;

/** A kubeconfig as `kubectl config view --raw` prints it, with these fields of cluster, user and file changed. */
function kubeconfig(change: { cluster?: Fields; user?: Fields; file?: Fields } = {}): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    preferences: {},
    "current-context": "east",
    clusters: [
      {
        name: "east",
        cluster: {
          server: "https://10.0.0.1:6443",
          "certificate-authority-data": base64(own.cert),
          ...change.cluster,
        },
      },
    ],
    users: [{ name: "peer", user: { token: SECRET, ...change.user } }],
    contexts: [{ name: "east", context: { cluster: "east", user: "peer", namespace: "ignored" } }],
    ...change.file,
  });
}

function refusal(text: string): string {
  try {
    parsePlainKubeconfig(text, "east");
  } catch (error) {
    assert.ok(error instanceof KubeconfigError, String(error));
    assert.ok(
      !`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`.includes(SECRET),
      "the token is in the error",
    );
    return error.message;
  }
  return "accepted";
}

describe("accepted", () => {
  test("a token", () => {
    assert.deepEqual(parsePlainKubeconfig(kubeconfig(), "east"), {
      server: "https://10.0.0.1:6443",
      caData: own.cert,
      token: SECRET,
      podCIDRs: [],
    });
  });

  test("a client certificate, pod networks, a path in the URL, a server name", () => {
    const cluster = {
      server: "https://rancher.example/k8s/clusters/c-1/",
      "tls-server-name": "kubernetes",
      extensions: [
        { name: "minikube.sigs.k8s.io", extension: { version: "1" } },
        { name: "syndicate.vmware.com", extension: { podCIDRs: ["10.1.0.0/16", "fd00:1::/48"] } },
      ],
    };
    const user = { token: undefined, "client-certificate-data": base64(own.cert), "client-key-data": base64(own.key) };
    assert.deepEqual(parsePlainKubeconfig(kubeconfig({ cluster, user }), "east"), {
      server: "https://rancher.example/k8s/clusters/c-1",
      serverName: "kubernetes",
      caData: own.cert,
      cert: own.cert,
      key: own.key,
      podCIDRs: ["10.1.0.0/16", "fd00:1::/48"],
    });
  });

  test("spaces and line ends around a token are dropped", () => {
    assert.equal(parsePlainKubeconfig(kubeconfig({ user: { token: ` ${SECRET}\n` } }), "east").token, SECRET);
  });

  test("the only context, when none is current; JSON, which is YAML", () => {
    const text = kubeconfig({ file: { "current-context": "" } });
    assert.equal(parsePlainKubeconfig(text, "east").token, SECRET);
  });
});

const refusals: { name: string; text: string; says: RegExp }[] = [
  {
    name: "exec",
    text: kubeconfig({ user: { exec: { command: "sh", args: ["-c", SECRET] } } }),
    says: /^east: users\.0\.user\.exec is not accepted .* would run a command; use token/,
  },
  {
    name: "auth-provider",
    text: kubeconfig({ user: { "auth-provider": { name: "oidc" } } }),
    says: /users\.0\.user\.auth-provider .* would run code/,
  },
  {
    name: "tokenFile",
    text: kubeconfig({ user: { tokenFile: "/etc/shadow" } }),
    says: /tokenFile .* would read a file; put the token/,
  },
  {
    name: "certificate-authority",
    text: kubeconfig({ cluster: { "certificate-authority": "/etc/shadow" } }),
    says: /clusters\.0\.cluster\.certificate-authority .* use certificate-authority-data/,
  },
  {
    name: "client-certificate",
    text: kubeconfig({ user: { "client-certificate": "/c" } }),
    says: /client-certificate .* use client-certificate-data/,
  },
  { name: "client-key", text: kubeconfig({ user: { "client-key": "/k" } }), says: /client-key .* use client-key-data/ },
  {
    name: "insecure-skip-tls-verify",
    text: kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }),
    says: /insecure-skip-tls-verify .* would trust any server/,
  },
  {
    name: "proxy-url",
    text: kubeconfig({ cluster: { "proxy-url": "http://x" } }),
    says: /proxy-url .* reachable directly/,
  },
  { name: "password", text: kubeconfig({ user: { password: SECRET } }), says: /users\.0\.user\.password .* use token/ },
  { name: "impersonation", text: kubeconfig({ user: { as: "admin" } }), says: /users\.0\.user\.as .* own rights/ },
  {
    name: "an unknown field",
    text: kubeconfig({ user: { hook: SECRET } }),
    says: /users\.0\.user\.hook .*unknown field/,
  },
  { name: "an unknown field above", text: kubeconfig({ file: { hooks: [] } }), says: /hooks .*unknown field/ },
  {
    name: "exec in an entry the context does not use",
    text: kubeconfig({
      file: {
        users: [
          { name: "peer", user: { token: SECRET } },
          { name: "x", user: { exec: { command: "sh" } } },
        ],
      },
    }),
    says: /users\.1\.user\.exec/,
  },
  {
    name: "plain HTTP",
    text: kubeconfig({ cluster: { server: "http://10.0.0.1" } }),
    says: /server must begin with https/,
  },
  { name: "no URL", text: kubeconfig({ cluster: { server: "east" } }), says: /server must be a URL/ },
  {
    name: "a password in the URL",
    text: kubeconfig({ cluster: { server: `https://u:${SECRET}@10.0.0.1` } }),
    says: /server must not contain a user/,
  },
  {
    name: "no server",
    text: kubeconfig({ cluster: { server: undefined } }),
    says: /clusters\.0\.cluster\.server is missing/,
  },
  { name: "no identity", text: kubeconfig({ user: { token: undefined } }), says: /needs a token/ },
  {
    name: "a token that is a list",
    text: kubeconfig({ user: { token: [SECRET] } }),
    says: /users\.0\.user\.token must be string/,
  },
  {
    name: "a token with a line in it",
    text: kubeconfig({ user: { token: `${SECRET}\r\nHost: x` } }),
    says: /token must be one word/,
  },
  {
    name: "a certificate without key",
    text: kubeconfig({ user: { "client-certificate-data": base64(own.cert) } }),
    says: /go together, one is missing/,
  },
  {
    name: "a key of another certificate",
    text: kubeconfig({ user: { "client-certificate-data": base64(own.cert), "client-key-data": base64(other.key) } }),
    says: /cannot be used \(ERR_OSSL_X509_KEY_VALUES_MISMATCH\)/,
  },
  {
    name: "a CA that is not base64",
    text: kubeconfig({ cluster: { "certificate-authority-data": "-----BEGIN" } }),
    says: /certificate-authority-data must be base64/,
  },
  {
    name: "a CA that is not PEM",
    text: kubeconfig({ cluster: { "certificate-authority-data": base64("hello") } }),
    says: /certificate-authority-data must be PEM/,
  },
  {
    name: "a broken CA",
    text: kubeconfig({ cluster: { "certificate-authority-data": base64("-----BEGIN CERTIFICATE-----\nxx\n") } }),
    says: /certificate or key data cannot be used/,
  },
  {
    name: "a pod network that is none",
    text: kubeconfig({
      cluster: { extensions: [{ name: "syndicate.vmware.com", extension: { podCIDRs: ["10.1.0.0/33"] } }] },
    }),
    says: /extensions\.0\.extension\.podCIDRs\.0 must be a network/,
  },
  {
    name: "a mistyped field of our extension",
    text: kubeconfig({ cluster: { extensions: [{ name: "syndicate.vmware.com", extension: { podCidrs: [] } }] } }),
    says: /podC/,
  },
  {
    name: "an unknown current context",
    text: kubeconfig({ file: { "current-context": "west" } }),
    says: /current-context "west" is not/,
  },
  {
    name: "contexts without a current one",
    text: kubeconfig({ file: { "current-context": "", contexts: [] } }),
    says: /current-context is missing and there are 0/,
  },
  {
    name: "an unknown cluster",
    text: kubeconfig({ file: { clusters: [] } }),
    says: /cluster "east" is not in the file/,
  },
  { name: "nothing", text: "", says: /the file must be Object/ },
  { name: "a list", text: "- a", says: /the file must be Object|is missing/ },
  { name: "YAML that is none", text: `token: ${SECRET}: x\n`, says: /^east: not valid YAML at line 1 \([A-Z_]+\)$/ },
  {
    name: "a key given twice",
    text: `users: []\nusers: [${SECRET}]\n`,
    says: /not valid YAML at line 2 \(DUPLICATE_KEY\)/,
  },
  { name: "two documents", text: `a: 1\n---\nb: ${SECRET}\n`, says: /not valid YAML/ },
  { name: "an alias", text: "users: &a []\nclusters: *a\n", says: /aliases are not accepted/ },
  { name: "an alias of nothing", text: "users: *a\n", says: /YAML/ },
  { name: "a huge file", text: `# ${"x".repeat(2 ** 20)}`, says: /longer than/ },
];

describe("refused", () => {
  for (const { name, text, says } of refusals) test(name, () => assert.match(refusal(text), says));
});
