import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ORIGIN_SELECTOR, SELECTOR } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import {
  effectiveSelector,
  formatSelector,
  hasSelector,
  ownSelector,
  parseSelector,
  sameSelector,
  savedSelector,
} from "../../shared/selector.ts";

function service(
  selector: Record<string, string> | null | undefined,
  annotations: Record<string, string> = {},
): Service {
  return { metadata: { name: "web", annotations }, spec: selector === undefined ? {} : { selector } };
}

test("an empty map, null and nothing select nothing", () => {
  for (const selector of [undefined, null, {}]) assert.equal(hasSelector(service(selector)), false);
  assert.equal(hasSelector(undefined), false);
  assert.ok(hasSelector(service({ constructor: "x" })));
});

test("what is formatted is parsed back, odd keys included", () => {
  const keys = fc.oneof(fc.constantFrom("constructor", "toString", "a/b", "x~y"), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(fc.dictionary(keys, fc.string(), { minKeys: 1 }), (selector) => {
      assert.deepEqual({ ...parseSelector(formatSelector(selector)) }, { ...selector });
    }),
  );
});

test("equal selectors give equal text", () => {
  assert.equal(formatSelector({ b: "2", a: "1" }), '{"a":"1","b":"2"}');
  assert.ok(sameSelector({ b: "2", a: "1" }, { a: "1", b: "2" }));
  assert.ok(sameSelector(undefined, null));
  assert.ok(!sameSelector({ a: "1" }, { a: "2" }));
});

for (const text of ["", "{", "null", "[]", '["a"]', '"a"', "1", "{}", '{"a":1}', '{"a":null}', '{"a":{"b":"c"}}']) {
  test(`${text || "nothing"} is refused as a selector`, () => assert.equal(parseSelector(text), undefined));
}

test("the selector in force: live, else saved, else the origin's", () => {
  const [own, origin] = ['{"app":"own"}', '{"app":"origin"}'];
  const both = { [SELECTOR]: own, [ORIGIN_SELECTOR]: origin };
  assert.deepEqual(effectiveSelector(service({ app: "live" }, both)), { app: "live" });
  assert.deepEqual(effectiveSelector(service(undefined, both)), { app: "own" });
  assert.deepEqual(effectiveSelector(service({}, { [ORIGIN_SELECTOR]: origin })), { app: "origin" });
  assert.deepEqual(effectiveSelector(service(null, { [SELECTOR]: "{}", [ORIGIN_SELECTOR]: origin })), {
    app: "origin",
  });
  assert.equal(effectiveSelector(service(undefined)), undefined);
  assert.equal(ownSelector(service(undefined, { [ORIGIN_SELECTOR]: origin })), undefined);
  assert.deepEqual(savedSelector(service({ app: "live" }, both)), { app: "own" });
});
