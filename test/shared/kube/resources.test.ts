import assert from "node:assert/strict";
import { test } from "node:test";
import { withQuery } from "../../../shared/kube/pages.ts";
import {
  endpointSlices,
  events,
  leases,
  mutatingWebhooks,
  namespaces,
  services,
} from "../../../shared/kube/resources.ts";

const rows: [path: string, expected: string][] = [
  [services.all, "/api/v1/services"],
  [services.in("shop"), "/api/v1/namespaces/shop/services"],
  [services.one("shop", "cart"), "/api/v1/namespaces/shop/services/cart"],
  [services.status("shop", "cart"), "/api/v1/namespaces/shop/services/cart/status"],
  [endpointSlices.one("shop", "cart-1"), "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/cart-1"],
  [leases.in("a/../b"), "/apis/coordination.k8s.io/v1/namespaces/a%2F..%2Fb/leases"],
  [events.all, "/apis/events.k8s.io/v1/events"],
  [namespaces.one("kube-system"), "/api/v1/namespaces/kube-system"],
  [mutatingWebhooks.all, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"],
  [withQuery("/x", { a: "1", b: undefined, c: "" }), "/x?a=1"],
  [withQuery("/x?a=1", { labelSelector: "a in (b,c)" }), "/x?a=1&labelSelector=a+in+%28b%2Cc%29"],
  [withQuery("/x", {}), "/x"],
];

for (const [path, expected] of rows) test(expected, () => assert.equal(path, expected));
