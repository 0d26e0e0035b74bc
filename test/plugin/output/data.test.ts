import assert from "node:assert/strict";
import { test } from "node:test";
import { isWide, printData, readDataOptions } from "../../../plugin/output/data.ts";
import { recordIo } from "../recorded-io.ts";

const fields = { namespace: "shop", items: [{ name: "a", count: 1 }, { name: "b" }] };

/** What `-o` makes of a list; the flags as typed. */
function print(values: Record<string, string | boolean>, answer: object = fields): string | undefined {
  const options = readDataOptions(values);
  if (!options) return undefined;
  const io = recordIo();
  printData("SomeList", answer, options, io);
  return io.out();
}

const printed: [Record<string, string | boolean>, string | undefined][] = [
  [{}, undefined],
  [{ output: "wide" }, undefined],
  [{ output: "jsonpath={.kind} {.items[*].name}" }, "SomeList a b"],
  [{ output: "jsonpath", template: "{.items[0].count}" }, "1"],
  [{ output: "custom-columns=NAME:.name,COUNT:.count" }, "NAME   COUNT\na      1\nb      <none>\n"],
  [{ output: "custom-columns=NAME:.name", "no-headers": true }, "a\nb\n"],
  [{ output: "jsonpath={.none}", "allow-missing-template-keys": true }, ""],
];

for (const [values, text] of printed) {
  test(`-o with ${JSON.stringify(values)}`, () => assert.equal(print(values), text));
}

test("custom columns of an answer that is no list: one row", () => {
  assert.equal(print({ output: "custom-columns=CLIENT:.client" }, { client: "0.1.0" }), "CLIENT\n0.1.0\n");
});

test("JSON and YAML name the kind", () => {
  assert.deepEqual(Object.keys(JSON.parse(print({ output: "json" }) ?? "")), [
    "apiVersion",
    "kind",
    "namespace",
    "items",
  ]);
  assert.match(print({ output: "yaml" }) ?? "", /^apiVersion: cli\.syndicate\.vmware\.com\/v1\nkind: SomeList\n/);
});

const refused: [Record<string, string | boolean>, RegExp][] = [
  [{ output: "name" }, /names of objects/],
  [{ output: "go-template={{.}}" }, /"go-template=\{\{\.\}\}", allowed formats are: wide, json/],
  [{ output: "bogus" }, /unable to match a printer suitable for the output format "bogus"/],
  [{ output: "jsonpath={.a" }, /error parsing jsonpath/],
  [{ output: "jsonpath={.none}", "allow-missing-template-keys": false }, /none is not found/],
];

for (const [values, words] of refused) {
  test(`refused: -o with ${JSON.stringify(values)}`, () => assert.throws(() => print(values), words));
}

test("wide leaves nothing out, as --all", () => {
  assert.deepEqual([{}, { output: "wide" }, { all: true }, { output: "json" }].map(isWide), [false, true, true, false]);
});
