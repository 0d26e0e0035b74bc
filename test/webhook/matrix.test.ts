import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Advice } from "../../shared/advice.ts";
import { type Intent, impliedMode, parseIntent } from "../../shared/intent.ts";
import { INTENT, MODE } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { MODES, parseMode } from "../../shared/mode.ts";
import { judgeTransition } from "../../shared/transitions.ts";
import { createApp } from "../../webhook/app.ts";
import type { Review } from "../../webhook/review.ts";
import { KINDS, listRows, type MatrixRow, VALUES } from "../shared/admission/matrix.ts";
import { applyPatch } from "../shared/admission/patched-object.ts";
import { adviceOf, peer } from "../shared/admission/situations.ts";
import { appDeps, reviewBody } from "./served-app.ts";

let server: Server;
let advice: Advice | "unavailable";

before(async () => {
  server = createServer(createApp(appDeps({ askAdvice: async () => advice })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(path: "mutate" | "validate", row: MatrixRow, object: Service | undefined) {
  const { port } = server.address() as AddressInfo;
  const { operation, oldObject, key } = row;
  const body = reviewBody({ ...key, operation, object: object ?? null, oldObject: oldObject ?? null });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { method: "POST", body, headers });
  assert.equal(answer.status, 200);
  const { response } = (await answer.json()) as Review;
  for (const warning of response.warnings ?? []) assert.ok(warning.length <= 120, warning);
  return response;
}

/** What the API server does: mutate, apply the patch, mutate again, validate. */
async function admit(row: MatrixRow) {
  const mutation = await ask("mutate", row, row.object);
  assert.ok(mutation.allowed);
  if (!row.object) {
    assert.equal(mutation.patch, undefined, "a patch of a DELETE is refused by API servers");
    return { object: undefined, verdict: await ask("validate", row, undefined) };
  }
  const patch = JSON.parse(Buffer.from(mutation.patch ?? "W10=", "base64").toString());
  const object = applyPatch(row.object, patch);
  assert.equal((await ask("mutate", row, object)).patch, undefined, "a second pass changes nothing");
  return { object, verdict: await ask("validate", row, object) };
}

function fieldsOf(response: Review["response"]): string[] {
  assert.equal(response.allowed, response.status === undefined);
  return (response.status?.details?.causes ?? []).map(({ field }) => field).sort();
}

/** A message names field, value, what is allowed or why not, and what comes next. */
function checkMessages(row: MatrixRow, { status }: Review["response"]): void {
  for (const { field, message } of status?.details?.causes ?? []) {
    assert.ok(message.startsWith(`${field}: `) && status?.message.includes(message), message);
    assert.match(message, /: (absent|Invalid value: .+): .+\. Next: .*kubectl /);
  }
  const wrongWord = row.to !== "absent" && !parseMode(row.to) && row.kind !== "shadow";
  if (wrongWord && status)
    for (const word of [...MODES, JSON.stringify(row.to)]) assert.ok(status.message.includes(word));
}

const rows = listRows();

for (const kind of Object.keys(KINDS)) {
  describe(kind, () => {
    for (const row of rows.filter((one) => one.kind === kind)) {
      const { operation, from, to, faults } = row;
      test(`${operation} ${from} → ${to}: ${faults.join(", ") || "passes"}`, async () => {
        advice = row.advice;
        const { object, verdict } = await admit(row);
        assert.deepEqual(fieldsOf(verdict), faults, verdict.status?.message);
        checkMessages(row, verdict);
        if (!object || faults.length > 0 || from === to) return;
        assert.equal(annotation(object, MODE), parseMode(to));
        const declares = to !== "absent" || parseMode(from) !== undefined;
        const intent = parseIntent(annotation(object, INTENT));
        if (declares) assert.equal(impliedMode(intent, "a"), expectImplied(row));
        else assert.equal(intent, undefined);
      });
    }
  });
}

/** `singular` on a replica is `singular` at its origin. */
function expectImplied({ kind, operation, to }: MatrixRow) {
  return kind === "replica" && operation === "UPDATE" && to === "singular" ? undefined : parseMode(to);
}

test("the matrix is whole: every kind, from every value to every value, created, updated and deleted", () => {
  const names = new Set(rows.map(({ kind, operation, from, to }) => `${kind} ${operation} ${from} ${to}`));
  assert.equal(names.size, rows.length);
  assert.equal(rows.length, Object.keys(KINDS).length * (VALUES.length * VALUES.length + 2 * VALUES.length));
});

test("without advice every row gets the same verdict but for receiver, which needs a successor", async () => {
  for (const row of rows) {
    advice = "unavailable";
    const { verdict } = await admit(row);
    const legal = row.to === "receiver" && row.from !== "receiver" && row.operation !== "DELETE";
    const needs = legal && row.from !== "singular" && !(row.kind === "shadow" && row.operation === "UPDATE");
    const expected = needs ? [...row.faults, `metadata.annotations[${MODE}]`].sort() : row.faults;
    assert.deepEqual(fieldsOf(verdict), expected, `${row.kind} ${row.operation} ${row.from} → ${row.to}`);
  }
});

test("with a second own Service, taking the mode away is refused wherever the table asks for one owner", async () => {
  advice = adviceOf(peer("b", { service: "own" }));
  for (const row of rows.filter(({ operation, kind }) => operation === "UPDATE" && kind === "plain")) {
    const { verdict } = await admit(row);
    const step = judgeTransition(parseMode(row.from) ?? "absent", parseMode(row.to) ?? "absent");
    const refused = row.to === "absent" && step.legal && step.need === "oneOwn";
    const expected = refused ? [`metadata.annotations[${MODE}]`] : row.faults;
    assert.deepEqual(fieldsOf(verdict), expected, `${row.from} → ${row.to}`);
  }
});

const created = (to: string) => {
  const row = rows.find((one) => one.kind === "plain" && one.operation === "CREATE" && one.to === to);
  assert.ok(row);
  return row;
};
const otherPorts = [{ name: "http", port: 8080, protocol: "TCP" }];

test("a Service created in a mode is judged with the other clusters in view, although it is stamped by then", async () => {
  advice = adviceOf(peer("b", { service: "own", mode: "union", ports: otherPorts }));
  assert.deepEqual(fieldsOf((await admit(created("union"))).verdict), ["spec.ports"]);
  advice = adviceOf(peer("b", { service: "own" }), peer("c", { readable: false }));
  const { warnings = [] } = (await admit(created("source"))).verdict;
  assert.match(warnings.join(), /cannot be read now.*: c.*stays apart unless named in .*: b/);
  advice = "unavailable";
  assert.match((await admit(created("source"))).verdict.warnings?.join() ?? "", /did not answer/);
});

test("a restored backup enters nothing: ports that differ meanwhile do not keep it away", async () => {
  const latest: Intent = { mode: "union", at: "a", time: 5 };
  const object = rows.find(
    (one) => one.kind === "plain" && one.operation === "DELETE" && one.to === "union",
  )?.oldObject;
  assert.ok(object && annotation(object, INTENT));
  advice = { ...adviceOf(peer("b", { service: "own", mode: "union", ports: otherPorts })), latest };
  const { verdict, object: stored } = await admit({ ...created("union"), object });
  assert.deepEqual([fieldsOf(verdict), verdict.warnings ?? []], [[], []]);
  assert.equal(annotation(stored as Service, INTENT), annotation(object, INTENT));
});
