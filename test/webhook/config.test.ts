import assert from "node:assert/strict";
import { test } from "node:test";
import { SYNC_USER } from "../../shared/keys.ts";
import { readConfig } from "../../webhook/config.ts";

test("one setting is enough", () => {
  const config = {
    clusterName: "east",
    port: 9443,
    certDir: "/certificates",
    syncPort: 8081,
    syncUser: SYNC_USER,
    unionSelector: "strip",
    logLevel: "info",
  };
  assert.deepEqual(readConfig(["--cluster-name=east"], {}), { ok: true, config });
  assert.deepEqual(readConfig([], { CLUSTER_NAME: "east" }), { ok: true, config });
});

test("flags beat the environment, empty variables count as absent", () => {
  const result = readConfig(["--cluster-name", "east", "--sync-port=7000", "--union-selector=keep"], {
    CLUSTER_NAME: "west",
    SYNC_PORT: "7001",
    UNION_SELECTOR: "strip",
    PORT: "10443",
    CERT_DIR: " ",
    SYNC_USER: "system:serviceaccount:x:y",
    LOG_LEVEL: "debug",
  });
  assert.ok(result.ok);
  assert.deepEqual(result.config, {
    clusterName: "east",
    port: 10443,
    certDir: "/certificates",
    syncPort: 7000,
    syncUser: "system:serviceaccount:x:y",
    unionSelector: "keep",
    logLevel: "debug",
  });
});

test("all problems are reported together, by flag and variable", () => {
  const result = readConfig(["--port=0", "--sync-port=http"], { UNION_SELECTOR: "drop", LOG_LEVEL: "loud" });
  assert.ok(!result.ok);
  const about = [
    "--port (PORT)",
    "--sync-port (SYNC_PORT)",
    "--union-selector (UNION_SELECTOR)",
    "--log-level",
    "--cluster-name (CLUSTER_NAME) is required",
  ];
  assert.equal(result.problems.length, about.length);
  for (const [i, part] of about.entries()) assert.ok(result.problems[i]?.includes(part), result.problems[i]);
});

for (const [name, argv] of [
  ["an unknown flag", ["--cluster-name=a", "--frobnicate"]],
  ["a stray word", ["--cluster-name=a", "serve"]],
  ["a flag without value", ["--cluster-name=a", "--port"]],
  ["a port beyond 65535", ["--cluster-name=a", "--port=65536"]],
  ["a name that is no label value", ["--cluster-name=a b"]],
] as const) {
  test(`${name} is refused`, () => {
    const result = readConfig(argv, {});
    assert.ok(!result.ok && result.problems.length > 0);
  });
}
