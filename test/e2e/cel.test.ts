import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MODE, SYNC_USER } from "../../shared/keys.ts";
import { KEY_ROWS } from "../cel.ts";
import { findBinaries } from "../lab/binaries/binaries.ts";
import { type Lab, type LabCluster, startLab } from "../lab/lab.ts";
import { get, MANIFESTS, render } from "../rendered-manifests.ts";
import { askDry, listStanding, ROWS } from "./standing-matrix.ts";
import { waitFor } from "./waiting.ts";

// What API servers of 1.30 and later decide themselves, on one of them: the policy, and whether the webhook is asked. On
// older ones every row is skipped; test/admission-policy.test.ts evaluates the same rows without a server.

const { version } = await findBinaries(() => undefined);
const minor = Number(/^v1\.(\d+)/.exec(version)?.[1]);
const skip = minor >= 30 ? false : `the server is ${version}, CEL in admission needs v1.30`;
const COVERED = [`metadata.annotations[${MODE}]`, "spec.type"];
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

let lab: Lab;
let server: LabCluster;

async function apply(args: string[], object?: object): Promise<void> {
  const { code, stderr } = await server.kubectl(args, object ? JSON.stringify(object) : "");
  assert.equal(code, 0, stderr);
}

before(async () => {
  if (skip) return;
  lab = await startLab({ clusters: ["a"] });
  server = lab.cluster("a");
  await server.ensureNamespace("shop");
  await apply(["create", "-f", "-"], listStanding());
});
after(() => lab?.stop());

describe("the policy", () => {
  const policy = ["-f", join(MANIFESTS, "components/admission-policy/policy.yaml")];

  /** API servers look at policies once a second, also at those that are gone. */
  async function waitForPolicy(refuses: boolean): Promise<void> {
    const wrong = ROWS.find(
      ({ kind, operation, to }) => kind === "plain" && operation === "CREATE" && to === "primary",
    );
    assert.ok(wrong);
    await waitFor(`the policy to be ${refuses ? "in force" : "out of force"}`, async () => {
      const { status } = await askDry(server, wrong);
      return status >= 400 === refuses ? { done: undefined } : { seen: `${status}` };
    });
  }

  before(async () => {
    if (skip) return;
    await apply(["apply", ...policy]);
    await waitForPolicy(true);
  });

  for (const row of ROWS.filter(({ kind, operation }) => kind !== "shadow" && operation !== "DELETE")) {
    const refused = row.faults.some((field) => COVERED.includes(field));
    const name = `${row.kind} ${row.operation} ${row.from} → ${row.to}: ${refused ? "refused" : "passes"}`;
    test(name, { skip }, async () => {
      const { status, body } = await askDry(server, row);
      if (!refused) return assert.ok(status < 300, `${status} ${body.message}`);
      assert.match(body.message, /ValidatingAdmissionPolicy 'syndicate' with binding 'syndicate' denied request: /);
    });
  }

  after(async () => {
    if (skip) return;
    await apply(["delete", ...policy]);
    await waitForPolicy(false);
  });
});

describe("matchConditions, with no webhook alive: who is asked fails, nobody else does", () => {
  before(async () => {
    if (skip) return;
    for (const [i, { metadata }] of KEY_ROWS.entries()) {
      if (metadata) await apply(["create", "-n", "shop", "-f", "-"], service(`row-${i}`, metadata));
    }
    const rendered = get(await render("overlays/current"), "ValidatingWebhookConfiguration/syndicate");
    for (const webhook of rendered.webhooks) webhook.clientConfig = { url: "https://127.0.0.1:1/validate" };
    await server.call("POST", CONFIGURATIONS, rendered);
    await waitFor("the configuration to be in force", async () => {
      const { status } = await change(5, 5);
      return status >= 400 ? { done: undefined } : { seen: `${status}` };
    });
  });

  const service = (name: string, metadata: object) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, name, namespace: "shop" },
    spec: { ports: [{ port: 80 }] },
  });

  /** Row `from`'s Service with the keys of row `to`, as a dry run. */
  function change(from: number, to: number) {
    const path = "/api/v1/namespaces/shop/services";
    const metadata = KEY_ROWS[to]?.metadata ?? {};
    if (!KEY_ROWS[from]?.metadata) return server.request("POST", `${path}?dryRun=All`, service("new", metadata));
    const keys = { labels: null, annotations: null, ...metadata };
    // A JSON patch: maps are replaced, not merged.
    const patch = Object.entries(keys).map(([key, value]) => ({
      op: "add",
      path: `/metadata/${key}`,
      value: value ?? {},
    }));
    return server.request("PATCH", `${path}/row-${from}?dryRun=All`, patch, "application/json-patch+json");
  }

  for (const [from, before] of KEY_ROWS.entries()) {
    for (const [to, row] of KEY_ROWS.entries()) {
      if (!row.metadata) continue;
      const asked = before.ours || row.ours;
      test(`${before.name}, then ${row.name}: ${asked ? "asked" : "not asked"}`, { skip }, async () => {
        const { status, body } = await change(from, to);
        if (asked) assert.match(body.message, /failed calling webhook "validate\.syndicate\.vmware\.com"/);
        else assert.ok(status < 300, `${status} ${body.message}`);
      });
    }
  }

  test("sync writes whatever becomes of the webhook, and so does whoever deletes", { skip }, async () => {
    const row = KEY_ROWS.findIndex(({ ours }) => ours);
    const words = ["-n", "shop", `service/row-${row}`];
    const asSync = [`--as=${SYNC_USER}`, "--as-group=system:masters"];
    await apply(["annotate", ...asSync, ...words, "vmware.com/syndicate-min-ready=1"]);
    await apply(["delete", ...words]);
  });
});
