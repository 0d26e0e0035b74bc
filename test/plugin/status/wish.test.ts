import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStatus, StatusModel } from "../../../plugin/status/model.ts";
import { isGranted, parseWish } from "../../../plugin/status/wish.ts";
import { replicated } from "../model-clusters.ts";
import { moved, statusOf, union } from "./worlds.ts";

const cluster = { name: "east", context: "east", server: "https://east", reachable: true, installed: true };
const modelOf = (...services: ServiceStatus[]): StatusModel => ({ clusters: [cluster], services });
const [atUnion, atWest, alone] = [statusOf(union()), statusOf(moved()), statusOf(replicated())];

const rows: [string, StatusModel, boolean][] = [
  ["synced", modelOf(atUnion), true],
  ["synced", modelOf(atUnion, { ...atWest, inSync: false }), false],
  ["synced", modelOf(), false],
  ["synced", { ...modelOf(atUnion), clusters: [{ ...cluster, reachable: false }] }, false],
  ["mode=union", modelOf(atUnion), true],
  ["mode=union", modelOf({ ...atUnion, inSync: false }), false],
  ["mode=source", modelOf(atUnion), false],
  ["mode=source", modelOf(atWest), true],
  ["serving=west", modelOf(atWest), true],
  ["serving=west", modelOf(atUnion), false],
  ["serving=east", modelOf(alone), true],
  ["serving=east", modelOf(atWest), false],
  ["create", modelOf(alone), true],
  ["create", modelOf(), false],
  ["delete", modelOf(), true],
  ["delete", modelOf(alone), false],
  ["jsonpath={.sync}=InSync", modelOf(alone), true],
  ["jsonpath={.sync}=Holding", modelOf(alone), false],
  ["jsonpath={.places[0].ready}=3", modelOf(alone), true],
  ["jsonpath={.intent}", modelOf(alone), false],
  ["jsonpath={.intent}", modelOf(atUnion), true],
];

for (const [i, [text, model, granted]] of rows.entries()) {
  test(`${i + 1}: --for=${text} is ${granted}`, () => assert.equal(isGranted(parseWish(text), model), granted));
}

for (const text of ["", "sync", "mode", "mode=", "create=1", "jsonpath", "jsonpath={"]) {
  test(`--for "${text}" is refused`, () => assert.throws(() => parseWish(text), /is none of synced|unexpected path/));
}

for (const text of ["mode=receiver", "mode=uniom", "mode=Source"]) {
  test(`--for ${text} is no wish that can come true`, () =>
    assert.throws(() => parseWish(text), /none of source, union, singular, none/));
}
