import assert from "node:assert/strict";
import { test } from "node:test";
import { getIfExists, removeIfExists } from "../../../shared/kube/lookup.ts";
import { cart, failure, setUp } from "./client-setup.ts";
import { sendJson } from "./tiny-server.ts";

const gone = { kind: "Status", reason: "NotFound", message: 'services "cart" not found' };

test("an object that is there is read and deleted, with its precondition", async () => {
  const { client, last } = await setUp((_request, response) => sendJson(response, { metadata: { name: "cart" } }));
  assert.deepEqual(await getIfExists(client, cart), { metadata: { name: "cart" } });
  assert.equal(await removeIfExists(client, cart, { uid: "u1" }, { propagation: "Background" }), true);
  assert.equal(last().method, "DELETE");
  const sent = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u1" } };
  assert.deepEqual(last().body, { ...sent, propagationPolicy: "Background" });
});

test("what is gone is no error, whoever deleted it", async () => {
  const { client } = await setUp((_request, response) => sendJson(response, gone, 404));
  assert.equal(await getIfExists(client, cart), undefined);
  assert.equal(await removeIfExists(client, cart), false);
});

test("any other refusal is one", async () => {
  const { client } = await setUp((_request, response) => sendJson(response, {}, 403));
  assert.equal((await failure(getIfExists(client, cart))).status, 403);
  assert.equal((await failure(removeIfExists(client, cart))).status, 403);
});
