import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { classifyError } from "../../../shared/kube/api-error.ts";
import { services } from "../../../shared/kube/resources.ts";
import { cart, failure, setUp } from "./client-setup.ts";
import { sendJson } from "./tiny-server.ts";

// What a server may answer that is none of ours to trust, or is no API server.

const list = (items: unknown, more?: string) => ({
  apiVersion: "v1",
  kind: "ServiceList",
  metadata: { resourceVersion: "9", ...(more ? { continue: more } : {}) },
  items,
});
const item = (name: string) => ({ metadata: { name } });

describe("answers that are none", () => {
  const answers: [string, unknown][] = [
    ["an empty object", {}],
    ["nothing", null],
    ["a text", "services"],
    ["a list without a version", { kind: "ServiceList", metadata: {}, items: [] }],
    ["a list that lists nothing", list({ length: 1 })],
    ["an item that is nothing", list([null])],
    ["an item that is a text", list(["cart"])],
  ];
  for (const [what, answer] of answers) {
    test(`${what} in place of a list is a fault of the server`, async () => {
      const { client } = await setUp((_request, response) => sendJson(response, answer));
      const error = await failure(client.list(services.all));
      assert.deepEqual([error.reason, classifyError(error)], ["Malformed", "unavailable"]);
      assert.match(error.message, /^east \/api\/v1\/services: /);
    });
  }

  test("slices in the words of an older server that are none are a fault of the server as well", async () => {
    const { client } = await setUp(({ path }, response) =>
      path === "/apis/discovery.k8s.io"
        ? sendJson(response, { versions: [{ version: "v1beta1" }] })
        : sendJson(response, { ...list([null]), kind: "EndpointSliceList" }),
    );
    const error = await failure(client.list("/apis/discovery.k8s.io/v1/endpointslices"));
    assert.equal(error.reason, "Malformed");
  });

  test("an empty answer does not say that an object is not there", async () => {
    const { client } = await setUp((_request, response) => void response.writeHead(200).end());
    const error = await failure(client.get(cart));
    assert.deepEqual([error.reason, classifyError(error)], ["Malformed", "unavailable"]);
  });
});

describe("lists without end", () => {
  const endless = async () => {
    let pages = 0;
    const { client, server } = await setUp((_request, response) =>
      sendJson(response, list([item(`n${pages++}`)], "p")),
    );
    return { client, server };
  };

  test("no more objects are read than allowed", async () => {
    const { client, server } = await endless();
    const error = await failure(client.list(services.all, { quota: { objects: 3, bytes: 10_000 } }));
    assert.deepEqual([error.reason, server.requests.length], ["QuotaExceeded", 4]);
  });

  test("nor larger ones", async () => {
    const { client, server } = await endless();
    const error = await failure(client.list(services.all, { quota: { objects: 100, bytes: 300 } }));
    assert.equal(error.reason, "QuotaExceeded");
    assert.ok(server.requests.length < 10);
  });

  test("all pages together have a time to come in", async () => {
    const { client } = await endless();
    const error = await failure(client.list(services.all, { totalMs: 20 }));
    assert.deepEqual([error.reason, classifyError(error)], ["Timeout", "unavailable"]);
  });

  test("one page may hold more objects than a call has arguments", async () => {
    const items = Array.from({ length: 200_000 }, () => ({}));
    const { client } = await setUp((_request, response) => sendJson(response, list(items)));
    assert.equal((await client.list(services.all)).items.length, 200_000);
  });
});
