import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "../../shared/kube/objects.ts";
import type { Change } from "../../shared/kube/reflector.ts";
import { Overlay } from "../../sync/overlay.ts";

const KEY = "shop/web";

function object(version: number, uid = "u1"): KubeObject {
  return { metadata: { namespace: "shop", name: "web", uid, resourceVersion: `${version}` } };
}

function modified(version: number, uid?: string): Change<KubeObject> {
  return { type: "modified", object: object(version, uid), previous: object(0, uid) };
}

function versions(overlay: Overlay, cached: KubeObject[], shown = 4, now = 0): (string | undefined)[] {
  return overlay.lay(KEY, "services", cached, shown, now).map(({ metadata }) => metadata.resourceVersion);
}

describe("what is seen", () => {
  test("our newer write hides the cached object, a newer cached object hides our write", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    assert.deepEqual(versions(overlay, [object(4)]), ["5"]);
    assert.deepEqual(versions(overlay, [object(6)], 6), ["6"]);
    assert.deepEqual(versions(overlay, [object(4)]), ["4"], "an entry that was caught up with has ended");
  });

  test("what the watch showed and showed to go before our write was answered is gone", () => {
    const overlay = new Overlay();
    overlay.observe(modified(5));
    overlay.observe({ type: "deleted", object: object(6) });
    overlay.written(KEY, "services", object(5), 0);
    assert.deepEqual(versions(overlay, [], 6), []);
  });

  test("what was read afresh hides our write, if it is newer", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    assert.deepEqual(versions(overlay, [object(6)], 4), ["6"]);
    assert.deepEqual(versions(overlay, [object(7, "u2")], 4), ["7"]);
    assert.deepEqual(versions(overlay, [object(4)], 4), ["5"]);
  });

  test("what we wrote is there as long as the watch has not come so far, whatever has the name by then", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5, "u2"), 0);
    assert.deepEqual(versions(overlay, [], 4), ["5"]);
    assert.deepEqual(versions(overlay, [object(3)], 4), ["5"]);
  });

  test("what we deleted is gone, its successor is there", () => {
    const overlay = new Overlay();
    overlay.deleted(KEY, "services", "shop/web", "u1", 0);
    assert.deepEqual(versions(overlay, [object(4)]), []);
    assert.deepEqual(versions(overlay, [object(7, "u2")]), ["7"]);
  });

  test("other keys and kinds see nothing of it", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    assert.deepEqual(overlay.lay(KEY, "endpoints", [object(4)], 4, 0), [object(4)]);
    assert.deepEqual(overlay.lay("shop/other", "services", [object(4)], 4, 0), [object(4)]);
  });

  test("an entry that no watch ever catches up with ends by itself", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    assert.deepEqual(versions(overlay, [object(4)], 4, 30_001), ["4"]);
  });
});

describe("what the watch shows", () => {
  const cases: { what: string; note: (overlay: Overlay) => void; change: Change<KubeObject>; echo: boolean }[] = [
    { what: "nothing of ours", note: () => {}, change: modified(5), echo: false },
    { what: "our write", note: (o) => o.written(KEY, "services", object(5), 0), change: modified(5), echo: true },
    { what: "older than ours", note: (o) => o.written(KEY, "services", object(5), 0), change: modified(4), echo: true },
    {
      what: "newer than ours",
      note: (o) => o.written(KEY, "services", object(5), 0),
      change: modified(6),
      echo: false,
    },
    {
      what: "another object of the name",
      note: (o) => o.written(KEY, "services", object(5), 0),
      change: modified(5, "u2"),
      echo: false,
    },
    {
      what: "our deletion",
      note: (o) => o.deleted(KEY, "services", "shop/web", "u1", 0),
      change: { type: "deleted", object: object(5) },
      echo: true,
    },
    {
      what: "a change before our deletion",
      note: (o) => o.deleted(KEY, "services", "shop/web", "u1", 0),
      change: modified(5),
      echo: true,
    },
    {
      what: "somebody's deletion of what we wrote",
      note: (o) => o.written(KEY, "services", object(5), 0),
      change: { type: "deleted", object: object(6) },
      echo: false,
    },
  ];
  for (const { what, note, change, echo } of cases) {
    test(`${what} is ${echo ? "an echo" : "news"}`, () => {
      const overlay = new Overlay();
      note(overlay);
      assert.equal(overlay.observe(change), echo);
    });
  }

  test("an older version leaves our write laid over, our own ends it", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    overlay.observe(modified(4));
    assert.deepEqual(versions(overlay, [object(4)]), ["5"]);
    overlay.observe(modified(5));
    assert.deepEqual(versions(overlay, [object(4)]), ["4"]);
  });

  test("of two writes the first one's echo says nothing", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    overlay.written(KEY, "services", object(6), 0);
    assert.equal(overlay.observe(modified(5)), true);
    assert.deepEqual(versions(overlay, [object(5)]), ["6"]);
  });

  test("what somebody deleted is not shown any more", () => {
    const overlay = new Overlay();
    overlay.written(KEY, "services", object(5), 0);
    overlay.observe({ type: "deleted", object: object(6) });
    assert.deepEqual(versions(overlay, []), []);
  });
});
