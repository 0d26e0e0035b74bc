import assert from "node:assert/strict";
import { test } from "node:test";
import type { Orders } from "../../shared/orders.ts";
import { OrderBook } from "../../sync/orders.ts";
import { manualClock } from "../shared/kube/manual-clock.ts";
import { StoredObjects } from "./stored-objects.ts";

// Orders are read again and again; each call of `start` here is one more time.

const PATH = "/api/v1/namespaces/ours/configmaps/syndicate-orders";

function open() {
  const stored = new StoredObjects(manualClock());
  const changes: Orders[] = [];
  const problems: string[] = [];
  const book = new OrderBook({
    ...{ client: stored.client, namespace: "ours", ownName: "east" },
    onChange: (orders) => void changes.push(orders),
    onProblem: (problem) => void problems.push(problem),
  });
  const read = () => book.start().finally(() => book.stop());
  const order = (data: Record<string, string>) => void stored.put(PATH, { metadata: {}, data } as { metadata: object });
  return { stored, book, changes, problems, read, order };
}

test("without a ConfigMap there are no orders, and that is no change", async () => {
  const { book, changes, problems, read } = open();
  await read();
  assert.deepEqual([book.orders, changes, problems], [{ forgotten: new Set(), deletionsUntil: 0 }, [], []]);
});

test("orders are told when they change, and end with their ConfigMap", async () => {
  const { stored, book, changes, read, order } = open();
  order({ forget: "west, south", allowDeletionsUntil: "2030-01-01T00:00:00Z" });
  await read();
  await read();
  const given = { forgotten: new Set(["west", "south"]), deletionsUntil: Date.parse("2030-01-01T00:00:00Z") };
  assert.deepEqual([changes, book.orders], [[given], given]);
  stored.objects.delete(PATH);
  await read();
  assert.equal(changes.length, 2);
  assert.equal(book.orders.forgotten.size, 0);
});

test("while they cannot be read they stay as they were, which is said once", async () => {
  const { stored, book, changes, problems, read, order } = open();
  order({ forget: "west" });
  await read();
  stored.refuse = 403;
  await read();
  await read();
  assert.deepEqual([[...book.orders.forgotten], changes.length, problems.length], [["west"], 1, 1]);
  assert.match(problems[0] ?? "", /^not read: /);
  stored.refuse = undefined;
  await read();
  stored.refuse = 403;
  await read();
  assert.equal(problems.length, 2, "it could be read in between");
});

test("what cannot be obeyed is said once, and the rest is obeyed", async () => {
  const { book, problems, read, order } = open();
  order({ forget: "east,west", allowDeletionsUntil: "soon", typo: "x" });
  await read();
  await read();
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /east is this cluster itself; .*"soon" is no time.*; typo: no order/);
  assert.deepEqual([[...book.orders.forgotten], book.orders.deletionsUntil], [["west"], 0]);
});
