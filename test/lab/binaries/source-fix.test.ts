import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fixMapIteration } from "./source-fix.ts";

const LINK = `//go:linkname mapiterinit reflect.mapiterinit
func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) *hiter

type hiter struct {
	key   unsafe.Pointer // Must be in first position.
	value unsafe.Pointer // Must be in second position.
	// rest fields are ignored
}
`;
const MAP = `func (type2 *UnsafeMapType) UnsafeIterate(obj unsafe.Pointer) MapIterator {
	return &UnsafeMapIterator{
		hiter:      mapiterinit(type2.rtype, *(*unsafe.Pointer)(obj)),
		pKeyRType:  type2.pKeyRType,
	}
}
`;

function sourcesWith(t: TestContext, link: string, map: string) {
  const sources = mkdtempSync(join(tmpdir(), "lab-source-fix-"));
  t.after(() => rmSync(sources, { recursive: true }));
  const folder = join(sources, "vendor/github.com/modern-go/reflect2");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "unsafe_link.go"), link);
  writeFileSync(join(folder, "unsafe_map.go"), map);
  return { sources, read: (name: string) => readFileSync(join(folder, name), "utf8") };
}

test("the caller of mapiterinit brings an iterator of Go's size", (t) => {
  const { sources, read } = sourcesWith(t, LINK, MAP);
  fixMapIteration(sources);
  assert.equal(
    read("unsafe_link.go"),
    `//go:linkname mapiterinit reflect.mapiterinit
func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)

type hiter struct {
	key   unsafe.Pointer // Must be in first position.
	value unsafe.Pointer // Must be in second position.
	pointers [6]unsafe.Pointer
	numbers [4]uintptr
}
`,
  );
  assert.equal(
    read("unsafe_map.go"),
    `func (type2 *UnsafeMapType) UnsafeIterate(obj unsafe.Pointer) MapIterator {
	var it hiter
	mapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), &it)
	return &UnsafeMapIterator{
		hiter:      &it,
		pKeyRType:  type2.pKeyRType,
	}
}
`,
  );
});

test("sources that are not as expected are refused, and the file is named", (t) => {
  const refuses = (link: string, map: string, message: RegExp) =>
    assert.throws(() => fixMapIteration(sourcesWith(t, link, map).sources), message);
  refuses(LINK, "", /once in \S+unsafe_map\.go, found 0 times/);
  refuses(LINK, MAP + MAP, /once in \S+unsafe_map\.go, found 2 times/);
  refuses(LINK.replace("rest fields", "more fields"), MAP, /once in \S+unsafe_link\.go, found 0 times: .*rest fields/);
});
