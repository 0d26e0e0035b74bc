import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { kindDocument, listDocument, serviceDocument } from "../../../plugin/render/document.ts";
import type { ServiceStatus } from "../../../plugin/status/model.ts";
import { MODE } from "../../../shared/keys.ts";
import { letRest, replicated } from "../model-clusters.ts";
import { midway, moved, statusOf, union } from "./worlds.ts";

// The published schema, with fields it does not name forbidden: what is not described is not published.

type Schema = Record<string, unknown>;

function forbidOthers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forbidOthers);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, forbidOthers(value)]));
  return "properties" in schema && schema.properties ? { ...inner, additionalProperties: false } : inner;
}

const text = readFileSync(new URL("../../../docs/schema/status.schema.json", import.meta.url), "utf8");
const validate = new Ajv2020({ allErrors: true }).compile(forbidOthers(JSON.parse(text)) as Schema);
const clusters = [
  { name: "east", context: "e", server: "https://east.example", reachable: true, installed: true, version: "0.1.0" },
  { name: "w", context: "w", server: "", reachable: false, installed: false, problem: "no answer" },
];

function assertValid(document: object): void {
  assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors, undefined, 2));
}

async function statuses(): Promise<ServiceStatus[]> {
  const dark = union();
  dark.cluster("west").reachable = false;
  const singular = replicated();
  singular.annotate("east", { [MODE]: "singular" });
  letRest(singular);
  return [replicated({ clusterIP: "None" }), union(), moved(), dark, singular, await midway()].map(statusOf);
}

test("every list and every Service is as the schema says", async () => {
  const all = await statuses();
  assertValid(listDocument({ clusters, services: [] }));
  assertValid(listDocument({ clusters, services: all }));
  for (const status of all) assertValid(serviceDocument({ clusters, services: [status] }, status));
  assertValid(kindDocument("Version", { client: "0.1.0", clusters }));
});

test("the schema refuses what is not in it", async () => {
  const [status] = await statuses();
  assert.ok(status);
  for (const wrong of [
    { ...status, extra: 1 },
    { ...status, places: undefined },
    { ...status, sync: 3 },
  ]) {
    assert.equal(
      validate(JSON.parse(JSON.stringify(serviceDocument({ clusters, services: [] }, wrong as ServiceStatus)))),
      false,
    );
  }
});
