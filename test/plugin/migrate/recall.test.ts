import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../../plugin/clusters/session.ts";
import { CliError, EXIT } from "../../../plugin/exit.ts";
import { wantNote } from "../../../plugin/migrate/note.ts";
import { type Candidate, recallMove } from "../../../plugin/migrate/recall.ts";
import type { Migration } from "../../../shared/migration.ts";
import { lookAt, replicated } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";

const key = { namespace: "shop", name: "web" };
const note = wantNote(unionMove, lookAt(replicated()).views, false);

/** A context that answered; `cluster` is the name its identity gives. */
function candidate(context: string, cluster: string, uid: string, noted?: Migration): Candidate {
  const identity = {
    clusterName: cluster,
    version: "0.1.0",
    podCIDRs: [],
    scope: { watch: [], exclude: [] },
    settings: { unionSelector: "strip", endpoints: "mirror" },
    peers: ["east", "west", "south"],
  } as const;
  const status = { name: cluster, context, server: "https://x", reachable: true, installed: true };
  return { session: { status, identity } satisfies Session, uid, note: noted };
}

const here = [candidate("prod-2", "west", "uid-west", note), candidate("prod-1", "east", "uid-east")];

function refusal(verb: "resume" | "rollback" | "abort", candidates: Candidate[], silent: Session[] = []): string {
  try {
    recallMove(verb, key, candidates, silent);
  } catch (error) {
    assert.ok(error instanceof CliError);
    assert.equal(error.code, EXIT.refused);
    return error.message;
  }
  throw new Error("not refused");
}

test("the clusters of a move are found by their uids, whatever their contexts are called", () => {
  const found = recallMove("resume", key, [candidate("dev", "south", "uid-south"), ...here], []);
  assert.equal(found.note.id, "m-one");
  assert.deepEqual(
    found.sessions.map(({ status }) => status.context),
    ["prod-1", "prod-2", "dev"],
  );
});

test("two contexts of one cluster are one", () => {
  const twice = [...here, candidate("admin", "west", "uid-west", note)];
  assert.deepEqual(recallMove("resume", key, twice, []).sessions.length, 2);
});

test("another cluster of the same name is refused, and named", () => {
  const [west] = here;
  assert.ok(west);
  assert.match(
    refusal("rollback", [west, candidate("staging", "east", "uid-other")]),
    /^refused, nothing was written: no context leads to east, cluster uid-east; context staging leads to another cluster of that name, uid-other$/,
  );
});

test("a cluster that bears another name now is refused", () => {
  const [west] = here;
  assert.ok(west);
  assert.match(refusal("resume", [west, candidate("prod-1", "orient", "uid-east")]), /was called east .*is orient now/);
});

test("the newest note counts, wherever it is", () => {
  const rolledBack: Migration = { ...note, revision: 5, phase: "rollback" };
  const found = recallMove("resume", key, [...here, candidate("x", "east", "uid-east", rolledBack)], []);
  assert.equal(found.note.phase, "rollback");
});

test("without a note, with a silent cluster, or of a move that is over: refused with the reason", () => {
  const status = { name: "e", context: "e", server: "", reachable: false, installed: false, problem: "no answer" };
  assert.match(
    refusal("resume", [candidate("w", "west", "uid-west")], [{ status }]),
    /no move of shop\/web is noted in w; no answer from context e: no answer/,
  );
  assert.match(
    refusal("resume", [], [{ status }]),
    /^refused, nothing was written: no cluster answered; no answer from/,
  );
  const over = (phase: Migration["phase"]) => [candidate("w", "west", "uid-west", { ...note, phase })];
  assert.match(refusal("abort", over("done")), /is done: there is nothing to abort/);
  assert.match(refusal("abort", over("aborted")), /is aborted: there is nothing to abort/);
});

test("a move that is done can be gone on with: its promise may not have been told", () => {
  const done = here.map((one) => ({ ...one, note: { ...note, phase: "done" as const } }));
  assert.equal(recallMove("resume", key, done, []).note.phase, "done");
});

test("a cluster that died does not lock the Service: its move is aborted in the other one, and in no other way", () => {
  const [west] = here;
  assert.ok(west);
  const status = { name: "e", context: "e", server: "", reachable: false, installed: false, problem: "no answer" };
  const found = recallMove("abort", key, [west, candidate("dev", "south", "uid-south")], [{ status }]);
  assert.deepEqual(
    found.sessions.map((session) => session.status.name),
    ["west"],
  );
  assert.match(found.lost ?? "", /no context leads to east, cluster uid-east; .*no answer from context e: no answer/);
  for (const verb of ["resume", "rollback"] as const) {
    assert.throws(() => recallMove(verb, key, [west], [{ status }]), {
      next: /if east is gone for good: kubectl syndicate migrate abort web -n shop/,
    });
  }
  const stranger = candidate("dev", "south", "uid-south", note);
  assert.match(refusal("abort", [stranger]), /no context leads to east/);
});
