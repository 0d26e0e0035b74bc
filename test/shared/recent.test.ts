import assert from "node:assert/strict";
import { test } from "node:test";
import { Recent } from "../../shared/recent.ts";

const makeKeys = (count: number) => Array.from({ length: count }, (_, i) => ({ i }));

test("the last entries are kept, those of twice as many ago are not", () => {
  const recent = new Recent<object, number>(10);
  const keys = makeKeys(30);
  for (const key of keys) recent.set(key, key.i);
  assert.deepEqual(
    keys.slice(20).map((key) => recent.get(key)),
    [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
  );
  assert.ok(keys.slice(0, 10).every((key) => recent.get(key) === undefined));
});

test("what is asked for stays", () => {
  const recent = new Recent<object, number>(10);
  const [first, ...others] = makeKeys(100);
  assert.ok(first);
  recent.set(first, -1);
  for (const key of others) {
    recent.set(key, key.i);
    assert.equal(recent.get(first), -1);
  }
});

test("a new value takes the place of the old one, also of one that has become old", () => {
  const recent = new Recent<object, number>(2);
  const [key, ...others] = makeKeys(3);
  assert.ok(key);
  recent.set(key, 1);
  for (const other of others) recent.set(other, 0);
  recent.set(key, 2);
  assert.equal(recent.get(key), 2);
});
