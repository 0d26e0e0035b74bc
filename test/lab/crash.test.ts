import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { labNamespaces, labProcesses, readRecords, removeLab, sweepDeadLabs } from "./record.ts";

interface Found {
  id: string;
  dir: string;
}

const SCRIPT = `
  import { startLab } from ${JSON.stringify(new URL("lab.ts", import.meta.url).href)};
  const lab = await startLab({ clusters: ["east"] });
  await lab.cluster("east").startPod({ name: "web-0", labels: {} });
  process.send({ id: lab.id, dir: lab.dir });
  setInterval(() => undefined, 1000);
`;

async function startOwner(): Promise<{ owner: ChildProcess; lab: Found }> {
  const args = ["--input-type=module", "-e", SCRIPT];
  const owner = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [lab] = await Promise.race([
    once(owner, "message"),
    once(owner, "exit").then(() => Promise.reject(new Error("the owner ended before its lab was up"))),
  ]);
  return { owner, lab };
}

function remains(lab: Found) {
  return { processes: labProcesses(lab.id), namespaces: labNamespaces(lab.id), folder: existsSync(lab.dir) };
}

const NOTHING = { processes: [], namespaces: [], folder: false };

test("a lab whose owner is killed loses its processes at once, and the rest at the next start", async (t) => {
  const { owner, lab } = await startOwner();
  t.after(() => removeLab(lab));
  assert.ok(labProcesses(lab.id).length > 0);
  sweepDeadLabs(() => undefined);
  assert.ok(
    readRecords().some(({ id }) => id === lab.id),
    "a living owner's lab is left alone",
  );
  owner.kill("SIGKILL");
  await once(owner, "exit");
  await sleep(500);
  assert.deepEqual(labProcesses(lab.id), []);
  sweepDeadLabs(() => undefined);
  assert.deepEqual(remains(lab), NOTHING);
});

test("a lab whose owner is interrupted is removed at once", async (t) => {
  const { owner, lab } = await startOwner();
  t.after(() => removeLab(lab));
  owner.kill("SIGINT");
  const [, signal] = await once(owner, "exit");
  assert.equal(signal, "SIGINT");
  assert.deepEqual(remains(lab), NOTHING);
});
