import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProblem, isPassing, mayBeMade } from "../../../plugin/clusters/problem.ts";
import { ApiError } from "../../../shared/kube/api-error.ts";

function answer(status: number, reason: string): ApiError {
  return new ApiError({ cluster: "west", path: "/api/v1", status, reason, message: "said" });
}

const problems: [string, unknown, string, boolean, boolean][] = [
  ["no connection", answer(0, "ECONNREFUSED"), "no answer: said", true, true],
  ["a webhook that is down", answer(500, "InternalError"), "said", true, true],
  ["no credentials", answer(0, "Credentials"), "no credentials: said", false, false],
  ["refused credentials", answer(401, "Unauthorized"), "credentials refused: said", false, false],
  ["too many requests", answer(429, "TooManyRequests"), "said", true, false],
  ["a refusal", answer(403, "Forbidden"), "said", false, false],
  ["a warning, with warnings as errors", answer(200, "Warning"), "said", false, true],
  ["a fault", new Error("said"), "said", false, false],
];

for (const [what, error, text, passing, made] of problems) {
  test(`${what}: ${passing ? "passes" : "stays"}, ${made ? "may have been made all the same" : "was not made"}`, () =>
    assert.deepEqual([describeProblem(error), isPassing(error), mayBeMade(error)], [text, passing, made]));
}
