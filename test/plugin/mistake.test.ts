import assert from "node:assert/strict";
import { test } from "node:test";
import { describeMistake } from "../../plugin/mistake.ts";

const VERBS = ["status", "migrate", "migrate resume", "set", "check", "link", "links"];

const rows: [string, string, string | undefined, string][] = [
  ["stauts", "Unknown argument: stauts", undefined, 'unknown command "stauts"; did you mean "status"?'],
  ["statsu web", "Unknown arguments: statsu, web", undefined, 'unknown command "statsu"; did you mean "status"?'],
  ["stat", "Unknown argument: stat", undefined, 'unknown command "stat"; did you mean "status"?'],
  ["migrat", "Unknown argument: migrat", undefined, 'unknown command "migrat"; did you mean "migrate"?'],
  ["checkk", "Unknown argument: checkk", undefined, 'unknown command "checkk"; did you mean "check"?'],
  ["sheck", "Unknown argument: sheck", undefined, 'unknown command "sheck"; did you mean "check"?'],
  ["s", "Unknown argument: s", undefined, 'unknown command "s"'],
  ["get", "Unknown argument: get", undefined, 'unknown command "get"; did you mean "set"?'],
  ["rollout", "Unknown argument: rollout", undefined, 'unknown command "rollout"'],
  ["status --bogus", "Unknown argument: bogus", "status", "unknown flag: --bogus"],
  ["status --bogus=3 -x", "Unknown arguments: bogus, x", "status", "unknown flag: --bogus, -x"],
  ["--bogus", "Unknown argument: bogus", undefined, "unknown flag: --bogus"],
  ["status web other", "Unknown argument: other", "status", '"other": one word too many'],
  ["status -n", "Not enough arguments following: n", "status", "flag needs an argument: -n"],
  ["status --output", "Not enough arguments following: output", "status", "flag needs an argument: --output"],
  ["set", "Not enough non-option arguments: got 0, need at least 2", "set", "too few words: set takes 2, 0 given"],
  [
    "set uniom web",
    'Invalid values:\n  Argument: mode, Given: "uniom", Choices: "source", "receiver", "union"',
    "set",
    'mode "uniom" is none of source, receiver, union; did you mean "union"?',
  ],
  [
    "migrate web --strategy=fast",
    'Invalid values:\n  Argument: strategy, Given: "fast", Choices: "union", "cutover"',
    "migrate",
    '--strategy "fast" is none of union, cutover',
  ],
];

for (const [line, message, verb, expected] of rows) {
  test(`mistake: ${line}`, () => assert.equal(describeMistake(message, line.split(" "), VERBS, verb), expected));
}
