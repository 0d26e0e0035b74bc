import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readPeerFolder } from "../../sync/peer-files.ts";

async function folder(t: { after(clean: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "peers-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

const texts = async (path: string) =>
  Object.fromEntries([...(await readPeerFolder(path)).files].map(([name, { text }]) => [name, text]));

/** Writes a Secret's volume as the kubelet does: a new folder, then the link `..data` switched to it in one step. */
async function mountSecret(path: string, version: number, files: Record<string, string>): Promise<void> {
  const data = `..version_${version}`;
  await mkdir(join(path, data));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, data, name), text);
  await symlink(data, join(path, "..data_tmp"));
  await rename(join(path, "..data_tmp"), join(path, "..data"));
  for (const name of Object.keys(files)) await symlink(join("..data", name), join(path, name)).catch(() => undefined);
}

test("a mounted Secret: files are its entries, and follow the switch of ..data", async (t) => {
  const path = await folder(t);
  await mountSecret(path, 1, { west: "one", north: "two" });
  assert.deepEqual(await texts(path), { west: "one", north: "two" });
  // The kubelet removes the links of entries that are gone only afterwards.
  await mountSecret(path, 2, { west: "changed", south: "new" });
  assert.deepEqual(await texts(path), { west: "changed", south: "new" });
});

test("a missing folder has no files; one that cannot be read is an error, not an empty one", async (t) => {
  const path = await folder(t);
  assert.deepEqual(await texts(join(path, "nothing")), {});
  await writeFile(join(path, "file"), "");
  await assert.rejects(readPeerFolder(join(path, "file")), /ENOTDIR/);
});

test("what is there and cannot be read is neither a peer nor gone", async (t) => {
  const path = await folder(t);
  await mkdir(join(path, "west"));
  const { files, unreadable } = await readPeerFolder(path);
  assert.equal(files.size, 0);
  assert.deepEqual([...unreadable], [["west", "its kubeconfig file cannot be read: EISDIR"]]);
});

test("a file whose name no cluster can have is refused by that name, and not read", async (t) => {
  const path = await folder(t);
  for (const name of ["west", "West_EU", "west.yaml", "-west"]) await writeFile(join(path, name), name);
  const { files, unreadable } = await readPeerFolder(path);
  assert.deepEqual([...files.keys()], ["west"]);
  assert.deepEqual([...unreadable.keys()].sort(), ["-west", "West_EU", "west.yaml"]);
  for (const reason of unreadable.values()) assert.match(reason, /call it as the cluster calls itself/);
});
