import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBinary } from "../../plugin/delivery/binary.ts";
import { bundleAll } from "../../plugin/delivery/bundle.ts";
import { findKubectl } from "../lab/binaries/kubectl.ts";
import { installSyndicate } from "../lab/installation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { runOrThrow } from "../lab/process.ts";
import { createServices } from "./many-services.ts";
import { type Bench, makeRow, type Row } from "./row.ts";
import { freeze } from "./scale-lab.ts";
import { type CommandLine, timeInTurn } from "./whole-process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");
const START_ROUNDS = 31;
const SIZES = [
  { services: 200, namespace: "some", rounds: 15, reach: 1.5 },
  { services: 5000, namespace: "many", rounds: 5, reach: 1 },
];

interface Room {
  folder: string;
  kubectl: string;
  env: Record<string, string>;
}

/** The plugin's whole processes beside kubectl's. */
export const plugin: Bench = {
  describe:
    "Whole processes from start to end, medians, everything taking turns in one run: the floor is kubectl itself doing the least of the kind.",
  parts: ["start", "status"],
  async run({ parts, scale, tell }) {
    tell(await bundleAll(ROOT));
    tell(await buildBinary(ROOT, process.execPath));
    const folder = mkdtempSync(join(tmpdir(), "bench-plugin-"));
    try {
      const room = await furnish(folder, tell);
      const rows: Row[] = [];
      if (parts.includes("start")) rows.push(...(await measureStart(room)));
      if (parts.includes("status")) rows.push(...(await measureStatus(room, scale, tell)));
      return rows;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** A PATH with the plugin, its completion and a plugin that does nothing; a home of its own for caches. */
async function furnish(folder: string, tell: (line: string) => void): Promise<Room> {
  // Not the PATH's: distributions put dispatchers there that start another kubectl in turn.
  const kubectl = await findKubectl(tell, {});
  const version = await runOrThrow([kubectl, "version", "--client"], {});
  tell(`kubectl ${version.trim().split("\n")[0]} from ${kubectl}`);
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(join(DIST, "plugin/main.js"), join(bin, "kubectl-syndicate"));
  symlinkSync(join(DIST, "plugin/complete.js"), join(bin, "kubectl_complete-syndicate"));
  symlinkSync("/bin/true", join(bin, "kubectl-noop"));
  const path = [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  return { folder, kubectl, env: { PATH: path, HOME: folder, LANG: "C.UTF-8", TMPDIR: folder } };
}

async function measureStart({ kubectl, env }: Room): Promise<Row[]> {
  const cases = {
    client: [[kubectl, "version", "--client"]],
    version: [[process.execPath, join(DIST, "plugin/main.js"), "--version"]],
    binary: [[join(DIST, "binary/kubectl-syndicate"), "--version"]],
    noop: [[kubectl, "noop"]],
    through: [[kubectl, "syndicate", "--version"]],
    complete: [[kubectl, "__complete", "syndicate", "status", "--contexts", ""]],
  } satisfies Record<string, CommandLine>;
  const found = await timeInTurn(cases, { env: { ...env, KUBECONFIG: "/dev/null" }, rounds: START_ROUNDS });
  const row = (name: string, value: number, floor: number, reach: number) =>
    makeRow({ name, unit: "ms", value, floor, atMost: { ratio: reach } });
  return [
    row("--version / kubectl version --client", found.version, found.client, 1.7),
    row("--version of the executable / kubectl version --client", found.binary, found.client, 1.7),
    row("--version through kubectl / a no-op plugin", found.through, found.noop, 1.7),
    row("completion through kubectl / kubectl version --client", found.complete, found.client, 2.5),
  ];
}

async function measureStatus(room: Room, scale: number, tell: (line: string) => void): Promise<Row[]> {
  const lab = await startLab({ log: tell });
  try {
    freeze(lab, "kube-proxy");
    await installSyndicate(lab, { webhook: false });
    const rows: Row[] = [];
    for (const { services, ...rest } of SIZES) {
      const size = { services: Math.ceil(services * scale), ...rest };
      tell(`${size.services} Services`);
      await createServices(lab, size.namespace, size.services);
      rows.push(...(await measureSize(lab, room, size)));
    }
    return rows;
  } finally {
    await lab.stop();
  }
}

async function measureSize(lab: Lab, { kubectl, env }: Room, size: (typeof SIZES)[number]): Promise<Row[]> {
  const { services, namespace, rounds, reach } = size;
  const get = (context: string) => [kubectl, "--context", context, "get", "services,endpointslices", "-n", namespace];
  const status = ["status", "--contexts", "east,west", "-n", namespace];
  const cases = {
    kubectl: [get("east"), get("west")],
    bundle: [[process.execPath, join(DIST, "plugin/main.js"), ...status]],
    binary: [[join(DIST, "binary/kubectl-syndicate"), ...status]],
  } satisfies Record<string, CommandLine>;
  const found = await timeInTurn(cases, { env: { ...env, KUBECONFIG: lab.kubeconfig }, rounds });
  const what = `status of ${services} Services in two clusters`;
  const row = (name: string, value: number) =>
    makeRow({ name, unit: "ms", value, floor: found.kubectl, atMost: { ratio: reach } });
  return [row(`${what} / kubectl get, twice`, found.bundle), row(`${what}, the executable`, found.binary)];
}
