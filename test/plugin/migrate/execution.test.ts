import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../../plugin/clusters/session.ts";
import { carryOut } from "../../../plugin/migrate/execution.ts";
import { wantNote } from "../../../plugin/migrate/note.ts";
import { planMove } from "../../../plugin/migrate/plan.ts";
import type { Next } from "../../../plugin/migrate/situation.ts";
import { makeReporter } from "../../../plugin/render/reporter.ts";
import { MIGRATION } from "../../../shared/keys.ts";
import { ApiError } from "../../../shared/kube/api-error.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { formatMigration, type Migration } from "../../../shared/migration.ts";
import { lookAt, replicated, webService } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { recordIo } from "../recorded-io.ts";

interface Case {
  next: Next;
  /** What west has when it begins. */
  service?: Service;
  /** The note was there before this run. */
  noted?: boolean;
  aborted?: boolean;
  /** How the API server answers a patch. */
  patch?: () => Promise<unknown>;
}

/** Carries out one decision; what was said on stderr, and the exit code. */
async function carry({ next, noted = false, aborted = false, service = webService(), patch = async () => ({}) }: Case) {
  const controller = new AbortController();
  const io = recordIo({ signal: controller.signal });
  if (aborted) controller.abort("SIGINT");
  const client = {
    get: () => Promise.resolve(service),
    list: () => Promise.resolve({ items: [], resourceVersion: "1" }),
    patch: () => patch().finally(() => controller.abort("SIGINT")),
  } as unknown as KubeClient;
  const status = { name: "west", context: "west", server: "", reachable: true, installed: true };
  const session: Session = { status, access: { context: "west", server: "", client } };
  const reporter = makeReporter({
    io,
    key: unionMove.key,
    contextOf: (name) => name,
    progress: "plain",
    color: "never",
  });
  const ticket = { ...unionMove.ticket, revision: noted ? 1 : 0 };
  const options = { timeoutMs: 0, settleMs: 0, deadlineMs: 1000 } as never;
  const code = await carryOut(
    {
      key: unionMove.key,
      drive: { decide: () => next, ticket, phase: "running" },
      plan: planMove(unionMove, 5000),
      options,
      sessions: [session],
      situation: lookAt(replicated()),
      goOn: "RESUME",
      goBack: "ROLLBACK",
      describe: () => "arrived",
    },
    io,
    reporter,
  );
  return { code, said: io.err() };
}

const waiting: Next = { kind: "wait", step: "prepare", waits: [] };
const writing: Next = {
  kind: "write",
  step: "prepare",
  cluster: "west",
  service: webService(),
  annotations: { a: "b" },
};

function refuse(status: number, reason: string): () => Promise<never> {
  return () => Promise.reject(new ApiError({ cluster: "west", path: "/x", status, reason, message: "no" }));
}

test("stopped before anything is noted: nobody is told to go on with nothing", async () => {
  const { code, said } = await carry({ next: waiting, aborted: true });
  assert.equal(code, 130);
  assert.match(said, /nothing was written/);
  assert.doesNotMatch(said, /RESUME|ROLLBACK/);
});

test("stopped with a note of an earlier run: how to go on and back is told", async () => {
  const { code, said } = await carry({ next: waiting, aborted: true, noted: true });
  assert.equal(code, 130);
  assert.match(said, /RESUME[\s\S]*ROLLBACK/);
});

test("stopped after the first write: how to go on and back is told", async () => {
  assert.match((await carry({ next: writing })).said, /RESUME[\s\S]*ROLLBACK/);
});

test("the answer to the first write was lost: it may have been made, so how to go on is told", async () => {
  assert.match((await carry({ next: writing, patch: refuse(0, "ECONNRESET") })).said, /RESUME[\s\S]*ROLLBACK/);
});

test("the first write is refused: exit 1, and nothing was written", async () => {
  const { code, said } = await carry({ next: writing, patch: refuse(403, "Forbidden") });
  assert.equal(code, 1);
  assert.match(said, /west \/x: no; nothing was written/);
  assert.doesNotMatch(said, /RESUME|ROLLBACK/);
});

/** West's Service with a note of revision 2. */
function noted(changes: Partial<Migration>): Service {
  const note = { ...wantNote(unionMove, lookAt(replicated()).views, false), revision: 2, ...changes };
  const service = webService();
  return { ...service, metadata: { ...service.metadata, annotations: { [MIGRATION]: formatMigration(note) } } };
}

test("another move that was there first: refused, and nobody is told to go on with this one", async () => {
  const { code, said } = await carry({ next: writing, service: noted({ id: "m-other" }) });
  assert.equal(code, 4);
  assert.match(said, /refused, nothing was written: somebody else has begun another move of the Service meanwhile/);
  assert.doesNotMatch(said, /RESUME|ROLLBACK|undefined/);
});

for (const phase of ["rollback", "aborted"] as const) {
  test(`ended at its first look, ${phase} by somebody else: no step is named`, async () => {
    const { code, said } = await carry({ next: waiting, noted: true, service: noted({ phase, revision: 9 }) });
    assert.equal(code, 5);
    assert.match(said, /by somebody else; this run ends in its first look/);
  });
}
