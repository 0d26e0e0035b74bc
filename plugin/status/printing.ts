/** The answer of `status` in the format asked for. */
import { CliError } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { renderColumns } from "../output/custom-columns.ts";
import { renderData, renderLines } from "../output/data.ts";
import { itemDocument, listDocument, serviceDocument } from "../render/document.ts";
import { choosePaint, type Paint } from "../render/paint.ts";
import { noteOf, renderList, renderNotes, renderWide } from "../render/status-list.ts";
import { renderTree } from "../render/status-tree.ts";
import type { StatusModel } from "./model.ts";
import type { StatusOptions } from "./options.ts";

/** Writes the answer to stdout and what else is to be known to stderr. Throws `CliError` if the one Service is nowhere. */
export function printStatus(model: StatusModel, options: StatusOptions, io: Io): void {
  const talk = choosePaint(io, io.stderr, options.color);
  const clusterNotes = () => model.clusters.flatMap((cluster) => noteOf(cluster, talk));
  if (options.service !== undefined && model.services.length === 0) {
    tell(io, ...clusterNotes());
    if (options.ignoreMissing) return;
    throw new CliError(`no cluster that answered has a Service ${options.namespace}/${options.service}`, {
      next: `kubectl syndicate status -n ${options.namespace}${options.contextFlags}`,
    });
  }
  io.stdout.write(renderStatus(model, options, io));
  if (model.services.length === 0) tell(io, describeNothing(model, options));
  tell(io, ...(options.service === undefined ? renderNotes(model, talk, options.contextFlags) : clusterNotes()));
}

function describeNothing({ clusters }: StatusModel, { namespace, labelSelector }: StatusOptions): string {
  const matching = labelSelector === undefined ? "" : ` matching ${labelSelector}`;
  const read = clusters.filter(({ reachable }) => reachable).map(({ name }) => name);
  if (read.length === 0) return "Nothing is known: no cluster answered.";
  const where = read.length < clusters.length ? ` in ${read.join(", ")}; the others did not answer` : "";
  return `No Service${matching} takes part${namespace === undefined ? "" : ` in namespace ${namespace}`}${where}.`;
}

/** The answer as text. `widths`: see `renderTable`. */
export function renderStatus(
  model: StatusModel,
  options: StatusOptions,
  io: Pick<Io, "env" | "stdout" | "now">,
  widths?: number[],
): string {
  const { format } = options;
  switch (format.kind) {
    case "table":
    case "wide":
      return renderLines(renderTables(model, options, choosePaint(io, io.stdout, options.color), io, widths));
    case "name":
      return renderLines(model.services.map(({ name }) => `service/${name}`));
    case "custom-columns":
      return renderLines(renderColumns(model.services.map(itemDocument), format.columns, options.headers));
    default:
      return renderData(documentOf(model, options), format, options.strict);
  }
}

function renderTables(
  model: StatusModel,
  options: StatusOptions,
  paint: Paint,
  { stdout, now }: Pick<Io, "stdout" | "now">,
  widths?: number[],
): string[] {
  const { headers, labels, format, service, namespace, contextFlags } = options;
  const [only] = model.services;
  if (format.kind === "wide") return renderWide(model, paint, headers, widths);
  const columns = stdout.isTTY ? stdout.columns : undefined;
  if (service !== undefined && only) return renderTree(only, paint, columns, contextFlags);
  if (!only) return [];
  return renderList(model, paint, {
    headers,
    namespaces: namespace === undefined,
    labels,
    now: now(),
    columns,
    widths,
  });
}

function documentOf(model: StatusModel, { service }: StatusOptions): object {
  const [only] = model.services;
  return service !== undefined && only ? serviceDocument(model, only) : listDocument(model);
}
