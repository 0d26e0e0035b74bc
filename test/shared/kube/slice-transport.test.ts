import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { classifyError } from "../../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../../shared/kube/client.ts";
import { endpointSlices, services } from "../../../shared/kube/resources.ts";
import { type SeenRequest, sendJson, startTinyServer, type TinyServer } from "./tiny-server.ts";

const GROUP = "/apis/discovery.k8s.io";
const ZONE = "topology.kubernetes.io/zone";
const beta = {
  apiVersion: "discovery.k8s.io/v1beta1",
  kind: "EndpointSlice",
  metadata: { name: "cart-1" },
  endpoints: [{ addresses: ["10.1.0.1"], topology: { [ZONE]: "z" } }],
};
const v1 = { ...beta, apiVersion: "discovery.k8s.io/v1", endpoints: [{ addresses: ["10.1.0.1"], zone: "z" }] };

let server: TinyServer;
let client: KubeClient;
afterEach(async () => {
  await client.close();
  await server.close();
});

/** A server that offers these versions of the group and answers slices in the version asked for. */
async function serve(versions: string[]): Promise<{ offer(next: string[]): void }> {
  let offered = versions;
  server = await startTinyServer((request, response) => {
    const [, version, rest = ""] = request.path.match(/^\/apis\/discovery\.k8s\.io\/([^/]+)\/(.*)$/) ?? [];
    if (request.path === GROUP) {
      sendJson(response, { kind: "APIGroup", versions: offered.map((each) => ({ version: each })) });
    } else if (version !== undefined && !offered.includes(version)) response.writeHead(404).end("404 page not found\n");
    else if (request.query.has("watch")) {
      const error = { type: "ERROR", object: { kind: "Status", code: 410 } };
      response.end([{ type: "ADDED", object: beta }, error].map((event) => `${JSON.stringify(event)}\n`).join(""));
    } else if (rest.endsWith("missing")) sendJson(response, { kind: "Status", details: { name: "missing" } }, 404);
    else answerSlice(request, response, version === "v1" ? v1 : beta);
  });
  client = createClient({ server: server.url, podCIDRs: [] }, { cluster: "east" });
  return {
    offer(next) {
      offered = next;
    },
  };
}

function answerSlice(
  request: SeenRequest,
  response: Parameters<typeof sendJson>[0],
  slice: typeof beta | typeof v1,
): void {
  const isList = request.method === "GET" && request.path.endsWith("/endpointslices");
  const { apiVersion, kind: _kind, ...item } = slice;
  sendJson(
    response,
    isList ? { apiVersion, kind: "EndpointSliceList", metadata: { resourceVersion: "3" }, items: [item] } : slice,
  );
}

function slicePaths(): string[] {
  return server.requests.map(({ path }) => path).filter((path) => path.startsWith(`${GROUP}/`));
}

const one = endpointSlices.one("shop", "cart-1");

describe("a server with v1beta1 only", () => {
  test("reads", async () => {
    await serve(["v1beta1"]);
    assert.deepEqual(await client.get(one), v1);
    assert.deepEqual((await client.list(endpointSlices.all)).items, [v1]);
  });

  test("watch events, errors left alone", async () => {
    await serve(["v1beta1"]);
    const seen: unknown[] = [];
    for await (const event of await client.stream(`${endpointSlices.all}?watch=true`, new AbortController().signal)) {
      seen.push(event.object);
    }
    assert.deepEqual(seen, [v1, { kind: "Status", code: 410 }]);
  });

  const writes: [string, () => Promise<unknown>, unknown][] = [
    ["create", () => client.create(endpointSlices.in("shop"), v1), beta],
    ["replace", () => client.replace(one, v1), beta],
    ["merge patch", () => client.patch(one, { endpoints: v1.endpoints }, "merge"), { endpoints: beta.endpoints }],
    ["apply", () => client.patch(one, v1, "apply"), beta],
    [
      "JSON patch",
      () => client.patch(one, [{ op: "add", path: "/endpoints", value: v1.endpoints }], "json"),
      [{ op: "add", path: "/endpoints", value: beta.endpoints }],
    ],
  ];
  for (const [name, call, sent] of writes) {
    test(name, async () => {
      await serve(["v1beta1"]);
      assert.deepEqual(await call(), v1);
      assert.deepEqual(server.requests.at(-1)?.body, sent);
    });
  }

  test("delete keeps its own apiVersion", async () => {
    await serve(["v1beta1"]);
    await client.remove(one, { uid: "u" });
    assert.deepEqual(server.requests.at(-1)?.body, {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: "u" },
    });
  });
});

describe("negotiation", () => {
  test("v1 where there is v1, asked once", async () => {
    await serve(["v1", "v1beta1"]);
    for (let i = 0; i < 3; i++) await client.get(one);
    assert.deepEqual(slicePaths(), [one, one, one]);
    assert.equal(server.requests.filter(({ path }) => path === GROUP).length, 1);
  });

  test("other kinds do not ask", async () => {
    await serve([]);
    await client.get(services.one("shop", "cart"));
    assert.equal(server.requests.length, 1);
  });

  test("a missing slice is just missing", async () => {
    await serve(["v1"]);
    await assert.rejects(
      client.get(endpointSlices.one("shop", "missing")),
      (error) => classifyError(error) === "notFound",
    );
    assert.equal(server.requests.length, 2);
  });

  test("an upgraded server is asked again", async () => {
    const { offer } = await serve(["v1beta1"]);
    await client.get(one);
    offer(["v1"]);
    assert.deepEqual(await client.get(one), v1);
    assert.equal(slicePaths().at(-1), one);
  });

  test("no slices at all is said so", async () => {
    await serve([]);
    await assert.rejects(client.list(endpointSlices.all), /no EndpointSlice API/);
  });
});
