import assert from "node:assert/strict";
import { test } from "node:test";
import { type Command, run } from "../../plugin/cli.ts";
import type { Values } from "../../plugin/command-line.ts";
import { CliError, EXIT } from "../../plugin/exit.ts";
import { VERBS } from "../../plugin/flags/verbs.ts";
import { ApiError } from "../../shared/kube/api-error.ts";
import { assertGolden } from "./golden.ts";
import { recordIo } from "./recorded-io.ts";

/** Runs a command line with commands that only note their flags. */
async function parse(
  line: string,
): Promise<{ code: number; verb?: string; values?: Values; out: string; err: string }> {
  const io = recordIo();
  const seen: { verb?: string; values?: Values } = {};
  const noted = (verb: string) => async (): Promise<Command> => async (values) => {
    Object.assign(seen, { verb, values });
    return EXIT.done;
  };
  const words = line.split(" ").filter(Boolean);
  const code = await run(words, io, Object.fromEntries(VERBS.map(({ name }) => [name, noted(name)])));
  return { code, ...seen, out: io.out(), err: io.err() };
}

const accepted: [string, string, Values][] = [
  ["status", "status", { service: undefined, "all-namespaces": false, output: undefined }],
  ["status web -n shop", "status", { service: "web", namespace: "shop" }],
  ["status -nshop -owide", "status", { namespace: "shop", output: "wide" }],
  ["status -n=shop --output=json", "status", { namespace: "shop", output: "json" }],
  ["status -n a -n b", "status", { namespace: "b" }],
  ["status 1e3", "status", { service: "1e3" }],
  ["status -A --no-headers", "status", { "all-namespaces": true, "no-headers": true }],
  ["status --no-headers=false", "status", { "no-headers": false }],
  ["migrate web --from a --to b", "migrate", { from: "a", to: "b", "dry-run": "none", timeout: "30m", settle: "5s" }],
  ["install --context a", "install", { "create-namespaces": undefined, webhook: "auto" }],
  ["install --context a --create-namespaces=false", "install", { "create-namespaces": false }],
  ["migrate --dry-run web --from a --to b", "migrate", { service: "web", "dry-run": "client" }],
  ["migrate web --from a --to b --dry-run=server -y", "migrate", { "dry-run": "server", yes: true }],
  ["migrate web --from a --to b --timeout -1s", "migrate", { timeout: "-1s" }],
  ["migrate -f plan.yaml", "migrate", { filename: "plan.yaml", service: undefined }],
  ["migrate resume web -n shop", "migrate resume", { service: "web", namespace: "shop" }],
  ["migrate -n shop rollback web --min-ready 2", "migrate rollback", { service: "web", "min-ready": "2" }],
  ["migrate abort web -y", "migrate abort", { service: "web", yes: true }],
  ["migrate resume --from a --to b", "migrate", { service: "resume", from: "a" }],
  [
    "migrate web --from a --to b --selector app=web,tier=x --min-ready 50%",
    "migrate",
    { selector: "app=web,tier=x", "min-ready": "50%" },
  ],
];

for (const [line, verb, values] of accepted) {
  test(`accepts: ${line}`, async () => {
    const result = await parse(line);
    assert.equal(result.code, 0, result.err);
    assert.equal(result.verb, verb);
    const found = Object.fromEntries(Object.keys(values).map((key) => [key, result.values?.[key]]));
    assert.deepEqual(found, values);
  });
}

const refused: [string, RegExp][] = [
  ["stauts", /unknown command "stauts"; did you mean "status"\?\nSee: kubectl syndicate --help/],
  ["status web other", /"other": one word too many/],
  ["status --bogus", /unknown flag: --bogus\nSee: kubectl syndicate status --help/],
  ["migrate rollback web --from a", /unknown flag: --from\nSee: kubectl syndicate migrate rollback --help/],
  ["migrate web --from a --to b --strategy swap", /--strategy "swap" is none of union, cutover/],
];

for (const [line, message] of refused) {
  test(`refuses: ${line}`, async () => {
    const result = await parse(line);
    assert.equal(result.code, EXIT.error);
    assert.equal(result.verb, undefined);
    assert.match(result.err, message);
    assert.equal(result.out, "");
  });
}

for (const line of ["", "--help", "-h", "help"]) {
  test(`help: "${line}"`, async () => {
    const result = await parse(line);
    assert.equal(result.code, 0);
    assertGolden("help.txt", result.out);
  });
}

for (const { name: verb } of VERBS) {
  test(`help of ${verb}, all ways`, async () => {
    for (const line of [`help ${verb}`, `${verb} --help`, `${verb} -h`]) {
      assertGolden(`help-${verb.replaceAll(" ", "-")}.txt`, (await parse(line)).out);
    }
  });
}

test("version", async () => {
  assert.match((await parse("--version")).out, /^\d+\.\d+\.\d+\n$/);
});

const failures: [string, Error, number, RegExp][] = [
  [
    "an error for people",
    new CliError("no such thing", { next: "try this" }),
    1,
    /^error: no such thing\nnext: {2}try this\n$/,
  ],
  ["a refusal", new CliError("refused", { code: EXIT.refused }), 4, /^error: refused\n$/],
  [
    "an answer of an API server",
    new ApiError({ cluster: "east", path: "/api", status: 403, reason: "Forbidden", message: "not you (HTTP 403)" }),
    1,
    /^error: east \/api: not you \(HTTP 403\)\nnext: {2}kubectl --context east auth can-i --list\n$/,
  ],
  [
    "an answer that nobody can help",
    new ApiError({ cluster: "east", path: "/api", status: 422, reason: "Invalid", message: "no (HTTP 422)" }),
    1,
    /^error: east \/api: no \(HTTP 422\)\n$/,
  ],
  [
    "no answer",
    new ApiError({ cluster: "east", path: "/api", status: 0, reason: "ECONNREFUSED", message: "refused" }),
    1,
    /^error: east \/api: refused\nnext: {2}kubectl --context east version\n$/,
  ],
  ["a fault of ours comes with its stack", new TypeError("oops"), 1, /^error: TypeError: oops\n {4}at /],
];

for (const [name, error, code, message] of failures) {
  test(`failure: ${name}`, async () => {
    const io = recordIo();
    const failing: Command = async () => {
      throw error;
    };
    assert.equal(await run(["status"], io, { status: async () => failing }), code);
    assert.match(io.err(), message);
    assert.equal(io.out(), "");
  });
}

for (const [reason, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${reason} while clusters are read: ${code}, whatever half of an answer there was`, async () => {
    const stop = new AbortController();
    const io = recordIo({ signal: stop.signal });
    const aborted = new ApiError({ cluster: "east", path: "/api", status: 0, reason: "Aborted", message: "aborted" });
    const failing: Command = async () => {
      stop.abort(reason);
      throw aborted;
    };
    assert.equal(await run(["status"], io, { status: async () => failing }), code);
    assert.equal(io.err(), "Stopped.\n");
    const half: Command = async () => EXIT.error;
    assert.equal(await run(["status"], io, { status: async () => half }), code);
    const whole: Command = async () => EXIT.done;
    assert.equal(await run(["status"], io, { status: async () => whole }), 0);
  });
}
