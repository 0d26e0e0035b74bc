import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { classifyError } from "../../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import type { EndpointSlice, Service } from "../../../shared/kube/objects.ts";
import { startReflector } from "../../../shared/kube/reflector.ts";
import { endpointSlices, services } from "../../../shared/kube/resources.ts";
import { Store } from "../../../shared/kube/store.ts";
import { type Lab, type LabCluster, startLab } from "../../lab/lab.ts";

// Client and reflector against real API servers: restarted ones, and ones behind a network that drops every packet.

let lab: Lab;
let east: LabCluster;
let client: KubeClient;

before(async () => {
  lab = await startLab();
  east = lab.cluster("east");
  client = createClient(parsePlainKubeconfig(east.adminKubeconfig("local"), "east"), { cluster: "east" });
});

after(async () => {
  await client?.close();
  await lab?.stop();
});

async function until(what: string, withinMs: number, condition: () => boolean): Promise<number> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > withinMs) assert.fail(`not within ${withinMs / 1000} s: ${what}`);
    await sleep(50);
  }
  return performance.now() - startedAt;
}

function service(name: string): object {
  return { metadata: { name }, spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }] } };
}

function slice(name: string, address: string): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true }, nodeName: "n1", zone: "z1" }],
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  };
}

describe("client", () => {
  test("slices are v1 whatever the server has: create, read, patch, replace, list, delete", async () => {
    const path = endpointSlices.one("default", "web-1");
    const made = await client.create<EndpointSlice>(endpointSlices.in("default"), slice("web-1", "10.9.0.1"));
    assert.equal(made.apiVersion, "discovery.k8s.io/v1");
    assert.deepEqual(made.endpoints, slice("", "10.9.0.1").endpoints);
    const patched = await client.patch<EndpointSlice>(path, { endpoints: slice("", "10.9.0.2").endpoints }, "merge");
    assert.deepEqual(patched.endpoints, slice("", "10.9.0.2").endpoints);
    await assert.rejects(client.replace(path, made), (error) => classifyError(error) === "conflict");
    const replaced = await client.replace<EndpointSlice>(path, { ...patched, endpoints: [] });
    assert.equal(replaced.endpoints?.length ?? 0, 0);
    const { items } = await client.list<EndpointSlice>(endpointSlices.in("default"), { limit: 1 });
    assert.ok(
      items.some(({ apiVersion, metadata }) => metadata.name === "web-1" && apiVersion === "discovery.k8s.io/v1"),
    );
    await assert.rejects(client.remove(path, { uid: "another" }), (error) => classifyError(error) === "conflict");
    await client.remove(path, { uid: made.metadata.uid ?? "" });
    await assert.rejects(client.get(path), (error) => classifyError(error) === "notFound");
  });

  test("dry runs keep nothing, doubles and nonsense are told apart", async () => {
    await client.create(services.in("default"), service("dry"), { dryRun: true });
    await assert.rejects(client.get(services.one("default", "dry")), (error) => classifyError(error) === "notFound");
    await client.create(services.in("default"), service("twice"));
    await assert.rejects(
      client.create(services.in("default"), service("twice")),
      (error) => classifyError(error) === "alreadyExists",
    );
    await assert.rejects(
      client.create(services.in("default"), service("Not_a_name")),
      (error) => classifyError(error) === "invalid",
    );
    await client.remove(services.one("default", "twice"), {}, { dryRun: true });
    await client.remove(services.one("default", "twice"));
  });

  test("server-side apply names its manager", async () => {
    const body = { apiVersion: "v1", kind: "Service", ...service("applied") };
    const made = await client.patch<Service>(services.one("default", "applied"), body, "apply", {
      fieldManager: "me",
      force: true,
    });
    assert.equal(made.metadata.managedFields?.[0]?.manager, "me");
    await client.remove(services.one("default", "applied"));
  });
});

test("Services and slices are followed, also through a restart of the API server", async () => {
  const names = { services: new Store<Service>(), slices: new Store<EndpointSlice>() };
  const seen: string[] = [];
  const record = ({ type, object }: { type: string; object: { metadata: { name: string } } }) =>
    void seen.push(`${type} ${object.metadata.name}`);
  const both = [
    startReflector({ client, path: services.all, store: names.services, onChange: record }),
    startReflector({ client, path: endpointSlices.all, store: names.slices, onChange: record }),
  ];
  try {
    await Promise.all(both.map((reflector) => reflector.synced));
    assert.ok(names.services.has("default/kubernetes"));
    await client.create(services.in("default"), service("before"));
    await client.create(endpointSlices.in("default"), slice("before-1", "10.9.0.1"));
    await until("both seen", 5000, () => names.services.has("default/before") && names.slices.has("default/before-1"));
    assert.equal(names.slices.get("default/before-1")?.endpoints?.[0]?.zone, "z1");
    await east.stopApiServer();
    await until("both failing", 10_000, () => both.every(({ state }) => state === "failing"));
    assert.ok(names.services.has("default/before"), "what was known is kept");
    await east.startApiServer();
    await client.remove(services.one("default", "before"));
    await client.create(services.in("default"), service("before"));
    await client.patch(endpointSlices.one("default", "before-1"), { endpoints: [] }, "merge");
    await until("all changes", 35_000, () =>
      ["added before", "deleted before", "modified before-1"].every((each) => seen.includes(each)),
    );
    await until("the new Service", 5000, () => seen.lastIndexOf("added before") > seen.indexOf("deleted before"));
  } finally {
    await Promise.all(both.map((reflector) => reflector.stop()));
  }
});

describe("a network that drops every packet", () => {
  for (const cutSeconds of [8, 40]) {
    test(`after a cut of ${cutSeconds} s everything is known within 35 s`, async (context) => {
      if (!lab.hasNetwork) return context.skip("needs root for a network");
      const west = lab.cluster("west");
      const file = join(lab.dir, `peer-${cutSeconds}.yaml`);
      writeFileSync(file, east.adminKubeconfig("lab"), { mode: 0o600 });
      const script = fileURLToPath(new URL("reflector-process.ts", import.meta.url));
      const observer = await west.spawn("reflector", process.execPath, [script, file]);
      const log = () => readFileSync(observer.logFile, "utf8");
      const says = (kind: string, text: string) =>
        log()
          .split("\n")
          .some((line) => line.includes(`"${kind}"`) && line.includes(text));
      const watchingBoth = () => says("service", '"watching"') && says("slice", '"watching"');
      await until("watching", 15_000, watchingBoth);
      await west.cutFrom(east);
      const name = `during-${cutSeconds}`;
      await client.create(services.in("default"), service(name));
      await client.create(endpointSlices.in("default"), slice(name, "10.9.0.3"));
      await sleep(cutSeconds * 1000);
      assert.equal(says("service", `added ${name}`), false, "the cut is none");
      if (cutSeconds > 30) assert.ok(says("service", '"failing"') && says("slice", '"failing"'), log());
      await west.healFrom(east);
      const took = await until(
        "what happened meanwhile",
        35_000,
        () => says("service", `added ${name}`) && says("slice", `added ${name}`),
      );
      context.diagnostic(`recovered ${(took / 1000).toFixed(1)} s after healing`);
      observer.kill();
      return undefined;
    });
  }
});
