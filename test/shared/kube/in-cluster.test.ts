import assert from "node:assert/strict";
import { test } from "node:test";
import { currentToken } from "../../../shared/kube/credentials.ts";
import { inClusterCredentials, SERVICE_ACCOUNT_FOLDER } from "../../../shared/kube/in-cluster.ts";
import { manualClock } from "./manual-clock.ts";

function mounted(): { files: Map<string, string>; readFile(path: string): Promise<string> } {
  const files = new Map([
    [`${SERVICE_ACCOUNT_FOLDER}/token`, "first\n"],
    [`${SERVICE_ACCOUNT_FOLDER}/ca.crt`, "CA"],
  ]);
  return {
    files,
    async readFile(path) {
      const text = files.get(path);
      if (text === undefined) throw new Error(`ENOENT ${path}`);
      return text;
    },
  };
}

test("server and CA come from the Pod's environment", async () => {
  const { readFile } = mounted();
  const four = await inClusterCredentials({ readFile, host: "172.17.0.1", port: "6443" });
  assert.deepEqual([four.server, four.caData, four.podCIDRs], ["https://172.17.0.1:6443", "CA", []]);
  assert.equal((await inClusterCredentials({ readFile, host: "fd00::1" })).server, "https://[fd00::1]:443");
});

test("the token follows its file: after a minute, or at once when it was refused", async () => {
  const { files, readFile } = mounted();
  const clock = manualClock();
  const credentials = await inClusterCredentials({ readFile, host: "x", clock });
  assert.equal(await currentToken(credentials), "first");
  files.set(`${SERVICE_ACCOUNT_FOLDER}/token`, "second");
  assert.equal(await currentToken(credentials), "first");
  assert.equal(await currentToken(credentials, true), "second");
  files.set(`${SERVICE_ACCOUNT_FOLDER}/token`, "third");
  await clock.advance(60_000);
  assert.equal(await currentToken(credentials), "third");
});

test("a token that cannot be read any more is kept", async () => {
  const { files, readFile } = mounted();
  const credentials = await inClusterCredentials({ readFile, host: "x" });
  files.clear();
  assert.equal(await currentToken(credentials, true), "first");
});

test("outside of a Pod the message says what to do", async () => {
  await assert.rejects(
    inClusterCredentials({ ...mounted(), host: undefined }),
    /not running in a Pod. Use --kubeconfig/,
  );
  await assert.rejects(
    inClusterCredentials({ readFile: () => Promise.reject(new Error("ENOENT")), host: "x" }),
    /ENOENT/,
  );
});
