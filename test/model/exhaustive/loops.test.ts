import assert from "node:assert/strict";
import { it } from "node:test";
import { Graph } from "./loops.ts";

function graph(...nodes: number[][]): Graph {
  const made = new Graph();
  for (const [source, targets] of nodes.entries()) {
    made.open(source);
    for (const target of targets) made.add(target);
  }
  return made;
}

it("a graph without a way back has no loop", () => {
  assert.equal(graph([1, 2], [3], [3], []).findLoop(), undefined);
});

it("a loop behind other nodes is found, and only its own nodes are told", () => {
  assert.deepEqual(graph([1], [2, 4], [3], [1], []).findLoop(), [1, 2, 3]);
});

it("nodes behind a loop are no part of it", () => {
  assert.deepEqual(graph([1], [0, 2], [3], []).findLoop(), [0, 1]);
});

it("nodes may be opened in any order, and lead out of the graph", () => {
  const made = new Graph();
  for (const [source, targets] of [
    [7, [3]],
    [3, [100, 5]],
    [5, [200]],
  ] as const) {
    assert.equal(made.has(source), false);
    made.open(source);
    for (const target of targets) made.add(target);
  }
  assert.equal(made.findLoop(), undefined);
});
