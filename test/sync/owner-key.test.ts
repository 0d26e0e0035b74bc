import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { formerOf, isNewShadow, namespaceOf, shadowedKey, sliceKey } from "../../sync/owner-key.ts";

function slice(labels?: Record<string, string>): EndpointSlice {
  const metadata = { namespace: "shop", name: "web-1", ...(labels ? { labels } : {}) };
  return { metadata, addressType: "IPv4", endpoints: [] };
}

const service = (labels: Record<string, string>): Service => ({
  metadata: { namespace: "shop", name: "web-syndicate", labels },
  spec: {},
});

test("a slice belongs to the Service it is labelled with, a shadow to the one it stands for", () => {
  assert.deepEqual(sliceKey(slice({ [SERVICE_NAME]: "web" })), ["shop/web"]);
  assert.deepEqual(sliceKey(slice()), []);
  assert.deepEqual(shadowedKey(service({ [SHADOW_OF]: "web" })), ["shop/web"]);
  assert.deepEqual(shadowedKey(service({})), []);
  assert.equal(namespaceOf("shop/web"), "shop");
});

test("an object that is labelled otherwise may have belonged to another Service, or to none", () => {
  const [web, other, none] = [slice({ [SERVICE_NAME]: "web" }), slice({ [SERVICE_NAME]: "other" }), slice()];
  assert.equal(formerOf({ type: "modified", previous: web, object: other }), web);
  assert.equal(formerOf({ type: "modified", previous: web, object: none }), web);
  assert.equal(formerOf({ type: "modified", previous: web, object: slice({ [SERVICE_NAME]: "web" }) }), undefined);
  assert.equal(formerOf({ type: "added", object: web }), undefined);
  assert.equal(formerOf({ type: "deleted", object: web }), undefined);
});

test("only a shadow that is added is a new one", () => {
  const shadow = service({ [SHADOW_OF]: "web" });
  assert.equal(isNewShadow({ type: "added", object: shadow }), true);
  assert.equal(isNewShadow({ type: "modified", object: shadow, previous: shadow }), false);
  assert.equal(isNewShadow({ type: "added", object: service({}) }), false);
});
