import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../../plugin/clusters/session.ts";
import { verbCommand, wayBackCommand } from "../../../plugin/migrate/verb-command.ts";
import { shellWord } from "../../../plugin/shell-word.ts";
import { unionMove } from "../moves.ts";

function session(name: string, context: string): Session {
  return { status: { name, context, server: "", reachable: true, installed: true } };
}

const sessions = [
  session("east", "arn:aws:eks:eu-west-1:1:cluster/east"),
  session("west", "my west (prod)"),
  session("north", "north"),
];

test("the way back names all clusters that take part, and every word survives a shell", () =>
  assert.equal(
    wayBackCommand(unionMove, sessions, { kubeconfig: "/home/me/my configs/k" }),
    "kubectl syndicate migrate web -n shop --from 'my west (prod)' --to arn:aws:eks:eu-west-1:1:cluster/east" +
      " --contexts north --kubeconfig '/home/me/my configs/k'",
  ));

test("the way back of two clusters has no further ones to name", () =>
  assert.equal(
    wayBackCommand(unionMove, [session("east", "e"), session("west", "w")], { kubeconfig: undefined }),
    "kubectl syndicate migrate web -n shop --from w --to e",
  ));

test("going on names all contexts", () =>
  assert.equal(
    verbCommand("resume", unionMove.key, sessions, { kubeconfig: undefined }),
    "kubectl syndicate migrate resume web -n shop" +
      " --contexts 'arn:aws:eks:eu-west-1:1:cluster/east,my west (prod),north'",
  ));

const words: [string, string][] = [
  ["prod-1", "prod-1"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["$(id)", "'$(id)'"],
  ["", "''"],
];

for (const [text, word] of words) test(`as a word of a shell: ${text}`, () => assert.equal(shellWord(text), word));
