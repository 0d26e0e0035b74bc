import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { impliedMode, parseIntent } from "../../shared/intent.ts";
import { INTENT, MODE } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { parseMode } from "../../shared/mode.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { MatrixRow } from "../shared/admission/matrix.ts";
import { type GuardedCluster, guardCluster } from "./guarded-cluster.ts";
import { askDry, listStanding, ROWS } from "./standing-matrix.ts";

// The transition matrix through a real API server that asks the webhook.

const kinds = [...new Set(ROWS.map(({ kind }) => kind))];
let lab: Lab;
let guarded: GuardedCluster;
let versions: Map<string, string>;

before(async () => {
  lab = await startLab({ clusters: ["a"] });
  guarded = await guardCluster(lab, "a");
  const { code, stderr } = await guarded.runAsSync(["create", "-f", "-"], listStanding());
  assert.equal(code, 0, stderr);
  versions = await readVersions();
});
after(() => lab?.stop());

async function readVersions(): Promise<Map<string, string>> {
  const { items } = (await guarded.cluster.call("GET", "/api/v1/services")) as { items: Service[] };
  return new Map(
    items.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion ?? ""]),
  );
}

for (const kind of kinds) {
  const mine = ROWS.filter((row) => row.kind === kind);
  describe(`${kind}, ${mine.length} changes`, () => {
    before(() => guarded.advise({ ...(mine[0] as MatrixRow).advice }));
    for (const from of new Set(mine.map((row) => row.from))) {
      test(`from ${from}`, async () => {
        for (const row of mine.filter((one) => one.from === from)) await check(row);
      });
    }
  });
}

async function check(row: MatrixRow): Promise<void> {
  const what = `${row.kind}: ${row.operation} ${row.from} → ${row.to}`;
  const { status, body } = await askDry(guarded.cluster, row);
  if (row.faults.length > 0) {
    assert.equal(status, 403, `${what}: ${body.message}`);
    assert.match(body.message, /^admission webhook "validate\.syndicate\.vmware\.com" denied the request: /);
    for (const field of row.faults) assert.ok(body.message.includes(`${field}: `), `${what}: ${body.message}`);
    return;
  }
  assert.ok(status < 300, `${what}: ${status} ${body.message}`);
  if (row.operation === "DELETE") return;
  assert.equal(annotation(body, MODE), row.to === "absent" ? undefined : row.to, what);
  const mode = parseMode(row.to);
  const elsewhere = row.kind === "replica" && row.operation === "UPDATE" && mode === "singular";
  if (mode && row.from !== row.to) {
    assert.equal(impliedMode(parseIntent(annotation(body, INTENT)), "a"), elsewhere ? undefined : mode, what);
  }
}

test("dry runs have left no trace", async () => {
  assert.deepEqual(await readVersions(), versions);
});
