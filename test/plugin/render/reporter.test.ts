import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { planMove } from "../../../plugin/migrate/plan.ts";
import { makePlanDocument, parsePlan } from "../../../plugin/migrate/plan-document.ts";
import { type Ending, makeReporter } from "../../../plugin/render/reporter.ts";
import { lookAt, replicated } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { recordIo } from "../recorded-io.ts";

const schema = JSON.parse(readFileSync(new URL("../../../docs/schema/migrate.schema.json", import.meta.url), "utf8"));
// What is not described is not published.
for (const definition of Object.values<Record<string, unknown>>(schema.$defs)) {
  if (definition["properties"]) definition["additionalProperties"] = false;
}
const validate = new Ajv2020({ allErrors: true, formats: { "date-time": true } }).compile(schema);

function assertValid(document: unknown): void {
  assert.ok(validate(document), `${JSON.stringify(document)}\n${JSON.stringify(validate.errors, undefined, 2)}`);
}

const wait = {
  cluster: "east",
  reason: "Holding",
  message: "keeps serving: west has 2 of 3 ready endpoints",
} as const;
const plan = planMove({ ...unionMove, holdMs: 1000 }, 5000);
const endings: Ending[] = [
  { outcome: "done", code: 0, message: "Done in 1s" },
  { outcome: "refused", code: 4, message: "refused" },
  { outcome: "interrupted", code: 130, message: "Stopped", stop: { waits: [wait], goOn: "a", goBack: "b" } },
];

function report(progress: string, ending: Ending): string {
  const io = recordIo();
  const ground = { key: unionMove.key, contextOf: (name: string) => `ctx-${name}` };
  const reporter = makeReporter({ io, ...ground, progress, color: "never" });
  const check = { name: "ports agree", state: "fail", detail: "no", next: "look" } as const;
  reporter.preview({ head: () => ["Move"], checks: [check], plan });
  reporter.begin();
  reporter.show({ kind: "step", step: "declare" });
  reporter.show({ kind: "wrote", step: "declare", cluster: "east" });
  reporter.show({ kind: "waiting", step: "unite", waits: [wait] });
  reporter.show({ kind: "waiting", step: "unite", waits: [wait] });
  reporter.show({ kind: "holding", step: "hold", leftMs: 900 });
  reporter.show({ kind: "settling", quietMs: 0 });
  reporter.stopping();
  reporter.end(ending);
  return io.err();
}

for (const ending of endings) {
  test(`--progress=json, ${ending.outcome}: every line is an object of the published schema`, () => {
    const lines = report("json", ending).trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const event of events) assertValid(event);
    const told = ["check", "plan", "started", "step", "wrote", "waiting", "holding", "settling", "stopping", "ended"];
    assert.deepEqual(
      events.map(({ event }) => event),
      told,
    );
    assert.equal(events.at(-1)?.["exitCode"], ending.code);
  });
}

test("a reason comes with the command that helps, in the context of the cluster it is about", () => {
  const next = "kubectl --context ctx-west get pods -n shop -o wide";
  assert.ok(report("json", { outcome: "done", code: 0, message: "" }).includes(`"next":"${next}"`));
  const text = report("plain", endings[2] as Ending);
  assert.match(
    text,
    /waits for east: keeps serving: west has 2 of 3 ready endpoints\n {4}see: kubectl --context ctx-west/,
  );
});

test("a plan as printed is of the published schema, and read back as it was", () => {
  const { views } = lookAt(replicated());
  const side = (cluster: string) => ({
    cluster,
    context: cluster,
    server: "",
    uid: `uid-${cluster}`,
    identity: undefined,
    agent: "alive" as const,
    mayPatch: true,
  });
  const move = { ...unionMove, selector: { app: "web" } };
  const document = makePlanDocument(move, { from: side("east"), to: side("west"), others: ["south"] }, views, plan);
  const text = JSON.parse(JSON.stringify(document));
  assertValid(text);
  const { steps: _steps, ...rest } = text;
  assert.deepEqual(parsePlan(text, "plan.yaml"), rest);
  assert.throws(
    () => parsePlan({ ...text, strategy: "swap" }, "plan.yaml"),
    /plan.yaml is no MigrationPlan: strategy: /,
  );
});
