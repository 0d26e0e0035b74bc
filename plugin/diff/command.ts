/** `kubectl syndicate diff SERVICE`. */
import { isInScope } from "../clusters/identity.ts";
import { type Look, withClusters } from "../clusters/look.ts";
import { readViews } from "../clusters/views.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { textOf } from "../options.ts";
import { type DataOptions, isWide, printData, readDataOptions, renderLines } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { compareService } from "./comparison.ts";
import { renderRows } from "./rendering.ts";

/** Prints what differs; exit 2 if something does, 1 if a cluster did not answer. */
export async function runDiff(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  return withClusters(values, io, (look) => showDiff(look, values, format, io));
}

async function showDiff(look: Look, values: Values, format: DataOptions | undefined, io: Io): Promise<ExitCode> {
  const key = { namespace: look.namespace, name: textOf(values, "service") ?? "" };
  const { views, problems } = await readViews(look.sessions, key, look.call);
  const compared = look.sessions.flatMap(({ status, identity }) => {
    const view = views.get(status.name);
    return view?.listed ? [{ view, judged: identity !== undefined && isInScope(identity, key.namespace) }] : [];
  });
  tell(io, ...problems);
  if (!compared.some(({ view }) => view.service)) {
    throw new CliError(`no cluster that answered has a Service ${key.namespace}/${key.name}`);
  }
  const rows = compareService(key, compared);
  const differing = rows.filter(({ equal }) => !equal);
  if (format) {
    printData("ServiceDiff", { ...key, equal: differing.length === 0, fields: rows }, format, io);
  } else {
    const shown = isWide(values) ? rows : differing;
    const clusters = compared.map(({ view }) => view.name);
    const paint = choosePaint(io, io.stdout, look.options.color);
    const lines = renderRows(shown, clusters, paint, !values["no-headers"]);
    io.stdout.write(renderLines(lines));
    if (differing.length === 0) tell(io, `${key.namespace}/${key.name} is the same in ${clusters.join(", ")}.`);
  }
  if (problems.length) return EXIT.error;
  return differing.length ? EXIT.badAnswer : EXIT.done;
}
