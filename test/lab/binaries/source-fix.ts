import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Replacement {
  /** Path below the sources. */
  file: string;
  from: string;
  to: string;
}

const REFLECT2 = "vendor/github.com/modern-go/reflect2";

// The vendored reflect2 1.0.1 links to Go's internal reflect.mapiterinit as it was before Go 1.18, when it returned an
// iterator; since then it fills one that the caller brings. Left as it is, kube-apiserver takes a stray register for the
// iterator and dies of SIGSEGV when it writes a map as JSON, as it does for each patch from a mutating webhook. reflect2
// 1.0.2 was changed in the same way.
const MAP_ITERATION: Replacement[] = [
  {
    file: `${REFLECT2}/unsafe_link.go`,
    from: "func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) *hiter",
    to: "func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)",
  },
  {
    file: `${REFLECT2}/unsafe_link.go`,
    // An iterator of the caller's must have the full size of Go's, and its pointers where the garbage collector sees them.
    from: "\t// rest fields are ignored\n",
    to: "\tpointers [6]unsafe.Pointer\n\tnumbers [4]uintptr\n",
  },
  {
    file: `${REFLECT2}/unsafe_map.go`,
    from: "\treturn &UnsafeMapIterator{\n\t\thiter:      mapiterinit(type2.rtype, *(*unsafe.Pointer)(obj)),\n",
    to:
      "\tvar it hiter\n\tmapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), &it)\n" +
      "\treturn &UnsafeMapIterator{\n\t\thiter:      &it,\n",
  },
];

function replaceOnce(sources: string, { file, from, to }: Replacement): void {
  const path = join(sources, file);
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) {
    throw new Error(`expected once in ${path}, found ${parts.length - 1} times: ${JSON.stringify(from)}`);
  }
  writeFileSync(path, parts.join(to));
}

/** Makes the sources of Kubernetes 1.20 work with Go 1.18 or later. Throws when they are not what it expects. */
export function fixMapIteration(sources: string): void {
  for (const replacement of MAP_ITERATION) replaceOnce(sources, replacement);
}
