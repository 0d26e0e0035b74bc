import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProblem, isPassing, mayBeMade } from "../../../plugin/clusters/problem.ts";
import { openEach } from "../../../plugin/clusters/session.ts";
import { readGlobalOptions } from "../../../plugin/options.ts";
import { ApiError } from "../../../shared/kube/api-error.ts";
import { recordIo } from "../recorded-io.ts";

function answer(status: number, reason: string): ApiError {
  return new ApiError({ cluster: "west", path: "/api/v1", status, reason, message: "said" });
}

const problems: [string, unknown, string, boolean, boolean][] = [
  ["no connection", answer(0, "ECONNREFUSED"), "no answer: said", true, true],
  ["a webhook that is down", answer(500, "InternalError"), "said", true, true],
  ["no credentials", answer(0, "Credentials"), "said", false, false],
  ["refused credentials", answer(401, "Unauthorized"), "credentials refused: said", false, false],
  ["too many requests", answer(429, "TooManyRequests"), "said", true, false],
  ["a refusal", answer(403, "Forbidden"), "said", false, false],
  ["a warning, with warnings as errors", answer(200, "Warning"), "said", false, true],
  ["a fault", new Error("said"), "said", false, false],
];

test("a context that names a cluster which is not there is told so, whatever its credentials", async () => {
  const contexts = [{ name: "east", context: { cluster: "gone", user: "ana" } }];
  const config = { "current-context": "east", clusters: [], users: [], contexts };
  const [session] = await openEach(config, ["east"], readGlobalOptions({}), recordIo());
  assert.equal(session?.status.problem, 'context "east" names a cluster that is not in the kubeconfig: "gone"');
});

for (const contexts of ["", " , "]) {
  test(`--contexts "${contexts}" does not stand for all`, () =>
    assert.throws(() => readGlobalOptions({ contexts }), /names none; leave it out to look at all/));
}

for (const [what, error, text, passing, made] of problems) {
  test(`${what}: ${passing ? "passes" : "stays"}, ${made ? "may have been made all the same" : "was not made"}`, () =>
    assert.deepEqual([describeProblem(error), isPassing(error), mayBeMade(error)], [text, passing, made]));
}
