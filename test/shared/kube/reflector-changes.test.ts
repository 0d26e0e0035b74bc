import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import { type Change, diffList, toChanges } from "../../../shared/kube/reflector-changes.ts";
import { keyOf, Store } from "../../../shared/kube/store.ts";

function object(name: string, uid: string, resourceVersion: string): KubeObject {
  return { metadata: { namespace: "shop", name, uid, resourceVersion } };
}

function storeOf(...objects: KubeObject[]): Store<KubeObject> {
  const store = new Store<KubeObject>();
  for (const each of objects) store.set(each);
  return store;
}

function words(changes: Change<KubeObject>[]): string[] {
  return changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name} ${metadata.uid}`);
}

const rows: { name: string; known: KubeObject[]; listed: KubeObject[]; expected: string[] }[] = [
  { name: "first list", known: [], listed: [object("a", "1", "1")], expected: ["added a 1"] },
  { name: "nothing new", known: [object("a", "1", "1")], listed: [object("a", "1", "1")], expected: [] },
  { name: "changed", known: [object("a", "1", "1")], listed: [object("a", "1", "2")], expected: ["modified a 1"] },
  { name: "deleted meanwhile", known: [object("a", "1", "1")], listed: [], expected: ["deleted a 1"] },
  {
    name: "deleted and made again meanwhile",
    known: [object("a", "1", "1")],
    listed: [object("a", "2", "5")],
    expected: ["deleted a 1", "added a 2"],
  },
  {
    name: "deletions come first",
    known: [object("a", "1", "1"), object("z", "9", "1")],
    listed: [object("a", "1", "2"), object("b", "2", "3")],
    expected: ["deleted z 9", "modified a 1", "added b 2"],
  },
];

describe("a complete list against what is known", () => {
  for (const { name, known, listed, expected } of rows) {
    test(name, () => {
      const changes = diffList(storeOf(...known), new Map(listed.map((each) => [keyOf(each), each])));
      assert.deepEqual(words(changes), expected);
    });
  }
});

const events: { name: string; known: KubeObject[]; type: string; object: KubeObject; expected: string[] }[] = [
  { name: "new", known: [], type: "ADDED", object: object("a", "1", "1"), expected: ["added a 1"] },
  {
    name: "changed",
    known: [object("a", "1", "1")],
    type: "MODIFIED",
    object: object("a", "1", "2"),
    expected: ["modified a 1"],
  },
  {
    name: "ADDED of what is known",
    known: [object("a", "1", "1")],
    type: "ADDED",
    object: object("a", "1", "2"),
    expected: ["modified a 1"],
  },
  {
    name: "the same again",
    known: [object("a", "1", "1")],
    type: "ADDED",
    object: object("a", "1", "1"),
    expected: [],
  },
  {
    name: "MODIFIED of what is unknown",
    known: [],
    type: "MODIFIED",
    object: object("a", "1", "2"),
    expected: ["added a 1"],
  },
  {
    name: "another incarnation",
    known: [object("a", "1", "1")],
    type: "ADDED",
    object: object("a", "2", "3"),
    expected: ["deleted a 1", "added a 2"],
  },
  {
    name: "deleted",
    known: [object("a", "1", "1")],
    type: "DELETED",
    object: object("a", "1", "2"),
    expected: ["deleted a 1"],
  },
  { name: "deleted and unknown", known: [], type: "DELETED", object: object("a", "1", "2"), expected: [] },
];

describe("watch events", () => {
  for (const { name, known, type, object: changed, expected } of events) {
    test(name, () => assert.deepEqual(words(toChanges(storeOf(...known), type, changed)), expected));
  }

  test("an unknown type is an error", () => {
    assert.throws(() => toChanges(storeOf(), "SURPRISE", object("a", "1", "1")), /SURPRISE/);
  });
});
