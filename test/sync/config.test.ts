import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig, scopeSelector } from "../../sync/config.ts";

test("all problems are told together, each naming where it comes from", () => {
  const env = {
    CLUSTER_NAME: "East",
    LOG_LEVEL: "warning",
    POD_CIDRS: "10.1.0.0",
    MAX_DELETIONS: "0",
    EXCLUDE: "kube-*",
  };
  assert.throws(
    () => readConfig(["--port=http"], env),
    (error) => {
      assert.ok(error instanceof ConfigError);
      const lines = error.message.split("\n");
      for (const part of [
        "CLUSTER_NAME",
        "LOG_LEVEL",
        "--pod-cidr or POD_CIDRS",
        "MAX_DELETIONS",
        "EXCLUDE",
        "--port",
      ]) {
        assert.equal(lines.filter((line) => line.startsWith(part)).length, 1, `${part}: ${error.message}`);
      }
      assert.match(error.message, /LOG_LEVEL is "warning"; allowed: info, trace, debug, warn, error, fatal, silent/);
      return true;
    },
  );
});

test("the level of the log", () => {
  const levelOf = (level: string | undefined) => readConfig(["--cluster-name=east"], { LOG_LEVEL: level }).logLevel;
  assert.deepEqual([undefined, "", "debug", "silent"].map(levelOf), ["info", "info", "debug", "silent"]);
});

test("servers are asked for what takes part, as far as their fields can tell", () => {
  const many = Array.from({ length: 60 }, (_, i) => `n${i}`);
  const rows = [
    [[], [], undefined],
    [[], ["kube-system", "ops"], "metadata.namespace!=kube-system,metadata.namespace!=ops"],
    [["shop"], ["kube-system"], "metadata.namespace=shop"],
    [["shop", "bank"], ["ops"], "metadata.namespace!=ops"],
    [["shop", "bank"], [], undefined],
  ] as const;
  for (const [watch, exclude, expected] of rows) assert.equal(scopeSelector({ watch, exclude }), expected);
  assert.equal(scopeSelector({ watch: [], exclude: many })?.split(",").length, 50);
});
