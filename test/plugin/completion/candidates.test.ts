import assert from "node:assert/strict";
import { test } from "node:test";
import { listCandidates } from "../../../plugin/completion/candidates.ts";
import { OUTPUT_FORMATS } from "../../../plugin/flags/output-formats.ts";
import { VERBS } from "../../../plugin/flags/verbs.ts";

const contexts = async () => ["east", "west", "emea"];

/** Words typed (the last one may be empty) → values offered, without descriptions. */
const rows: [string, string[], string[]][] = [
  ["nothing typed", [""], VERBS.map(({ name }) => name).filter((name) => !name.includes(" "))],
  ["half a command", ["mig"], ["migrate"]],
  ["a command below another", ["migrate", "r"], ["resume", "rollback"]],
  ["flags of a command below another", ["migrate", "abort", "--prog"], ["--progress"]],
  ["flags that are missing", ["migrate", "web", ""], ["--from", "--to"]],
  ["a flag already given is not offered again", ["migrate", "--from", "east", ""], ["--to"]],
  ["long flags by their beginning", ["status", "--no"], ["--no-headers"]],
  ["contexts", ["migrate", "web", "--from", "e"], ["east", "emea"]],
  ["contexts behind =", ["migrate", "web", "--to=w"], ["--to=west"]],
  ["a second context in a list", ["status", "--contexts", "east,"], ["east,west", "east,emea"]],
  ["values of -o", ["status", "-o", ""], [...OUTPUT_FORMATS]],
  ["values of an optional value only behind =", ["migrate", "--dry-run=s"], ["--dry-run=server"]],
  ["words that are none of a Service", ["set", "u"], ["union"]],
  ["contexts as words", ["link", "--mutual", "e"], ["east", "emea"]],
  ["shells", ["completion", ""], ["script", "install"]],
  ["a word that is no flag", ["status", "we"], []],
];

for (const [name, words, expected] of rows) {
  test(name, async () => {
    const found = (await listCandidates(words, contexts)).map((line) => line.split("\t")[0]);
    assert.deepEqual(found, expected);
  });
}
