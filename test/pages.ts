import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Reading README.md and docs/: pages, marked blocks, tables.

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every page, from the root of the repository. */
export const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((file) => `docs/${file}`)].filter((path) =>
  path.endsWith(".md"),
);

/** Text of a file of the repository. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What stands between `<!-- name: begin -->` and `<!-- name: end -->`. */
function readBlock(page: string, name: string): string {
  const found = new RegExp(`<!-- ${name}: begin -->\n([\\s\\S]*?)<!-- ${name}: end -->`).exec(read(page));
  assert.ok(found, `${page} has no block "${name}"`);
  return found[1] ?? "";
}

/** Compares a made block with what the code makes now; with UPDATE_DOCS=1 writes it first. */
export function assertMade(page: string, name: string, text: string): void {
  if (process.env["UPDATE_DOCS"] === "1") {
    const block = readBlock(page, name);
    const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
    writeFileSync(
      join(ROOT, page),
      read(page).replace(begin + block + end, () => `${begin}${text}\n${end}`),
    );
  }
  assert.equal(readBlock(page, name), `${text}\n`, `block "${name}" of ${page} differs; UPDATE_DOCS=1 rewrites it`);
}

/** The cells of a block's table, without header and rule, code marks taken off. */
export function readRows(page: string, name: string): string[][] {
  const lines = readBlock(page, name).split("\n").filter(Boolean).slice(2);
  return lines.map((line) =>
    line
      .split(" | ")
      .map((cell) => cell.replace(/^\| ?| ?\|$/g, "").trim())
      .map((cell) => cell.replaceAll("`", "")),
  );
}
