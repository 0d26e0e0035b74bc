import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import { keyOf, Store } from "../../../shared/kube/store.ts";

function object(name: string, colors: string[] = [], namespace = "shop"): KubeObject & { colors: string[] } {
  return { metadata: { namespace, name }, colors };
}

function coloredStore() {
  return new Store<ReturnType<typeof object>>({ color: ({ colors }) => colors });
}

test("keys carry the namespace where there is one", () => {
  assert.equal(keyOf(object("cart")), "shop/cart");
  assert.equal(keyOf({ metadata: { name: "shop" } }), "shop");
});

describe("store", () => {
  test("finds by key, replaces, forgets", () => {
    const store = coloredStore();
    store.set(object("a", ["red"]));
    const second = object("a", ["blue"]);
    store.set(second);
    assert.equal(store.size, 1);
    assert.equal(store.get("shop/a"), second);
    assert.equal(store.delete("shop/a"), true);
    assert.equal(store.delete("shop/a"), false);
    assert.equal(store.get("shop/a"), undefined);
  });

  test("finds by index, also several values, and moves on replacement", () => {
    const store = coloredStore();
    store.set(object("a", ["red", "blue"]));
    store.set(object("b", ["red"]));
    assert.deepEqual(names(store.by("color", "red")), ["a", "b"]);
    store.set(object("a", ["green"]));
    assert.deepEqual(names(store.by("color", "red")), ["b"]);
    assert.deepEqual(names(store.by("color", "blue")), []);
    assert.deepEqual(names(store.by("color", "green")), ["a"]);
  });

  test("an index that was not declared is a mistake", () => {
    assert.throws(() => coloredStore().by("colour", "red"), /no index "colour", only: color/);
  });

  test("keys such as constructor are ordinary", () => {
    const store = coloredStore();
    assert.deepEqual(store.by("color", "constructor"), []);
    assert.equal(store.get("__proto__"), undefined);
  });
});

test("an index always equals a search through all objects", () => {
  const color = fc.constantFrom("red", "green", "blue");
  const step = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), colors: fc.option(fc.array(color)) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const store = coloredStore();
      for (const { name, colors } of steps) {
        if (colors === null) store.delete(`shop/${name}`);
        else store.set(object(name, colors));
        for (const wanted of ["red", "green", "blue"]) {
          const searched = [...store.values()].filter((each) => each.colors.includes(wanted));
          assert.deepEqual(names(store.by("color", wanted)), names(searched));
        }
      }
    }),
  );
});

function names(objects: KubeObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name).sort();
}
