/** `kubectl syndicate trace SERVICE`. */
import { withClusters } from "../clusters/look.ts";
import { readViews } from "../clusters/views.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { textOf } from "../options.ts";
import { printData, readDataOptions, renderLines } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { traceService } from "./model.ts";
import { renderTrace } from "./rendering.ts";

/** Explains a Service, cluster by cluster; exit 1 if one did not answer. */
export async function runTrace(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  return withClusters(values, io, async (look) => {
    const key = { namespace: look.namespace, name: textOf(values, "service") ?? "" };
    const { views, members, problems } = await readViews(look.sessions, key, look.call);
    tell(io, ...problems);
    if (![...views.values()].some(({ service }) => service)) {
      throw new CliError(`no cluster that answered has a Service ${key.namespace}/${key.name}`);
    }
    const traces = traceService(key, members, views, io.now());
    if (format) {
      printData("ServiceTrace", { ...key, clusters: traces }, format, io);
    } else {
      const lines = renderTrace(key, traces, choosePaint(io, io.stdout, look.options.color), io.now());
      io.stdout.write(renderLines(lines));
    }
    return problems.length ? EXIT.error : EXIT.done;
  });
}
