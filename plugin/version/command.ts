/** `kubectl syndicate version`. */
import { VERSION } from "../../shared/version.ts";
import { withClusters } from "../clusters/look.ts";
import type { Values } from "../command-line.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { type DataOptions, printData, readDataOptions } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { noteOf } from "../render/status-list.ts";
import { plain, renderTable } from "../render/table.ts";
import type { ClusterStatus } from "../status/model.ts";

/** Exit 1 if a cluster did not answer. */
export async function runVersion(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  if (values["client"] === true) {
    print(format, io, []);
    return EXIT.done;
  }
  return withClusters(values, io, async ({ sessions, options }) => {
    const clusters = sessions.map(({ status }) => status);
    print(format, io, clusters);
    tell(io, ...clusters.flatMap((cluster) => noteOf(cluster, choosePaint(io, io.stderr, options.color))));
    return clusters.some(({ reachable }) => !reachable) ? EXIT.error : EXIT.done;
  });
}

function print(format: DataOptions | undefined, io: Io, clusters: readonly ClusterStatus[]): void {
  if (format) {
    printData("Version", { client: VERSION, clusters }, format, io);
    return;
  }
  const rows = clusters.map(({ name, installed, version }) => plain(`${name}:`, installed ? (version ?? "?") : "-"));
  io.stdout.write(`${renderTable([plain("client:", VERSION), ...rows]).join("\n")}\n`);
}
