/** Many Services: one line each, one column per cluster. People compare clusters, so they stand side by side. */
import { formatDuration } from "../duration.ts";
import type { ClusterStatus, PlaceStatus, ServiceStatus, StatusModel } from "../status/model.ts";
import type { Paint } from "./paint.ts";
import { type Cell, plain, renderTable, widthOf } from "./table.ts";

export interface ListOptions {
  headers: boolean;
  /** A column NAMESPACE. */
  namespaces: boolean;
  /** A column LABELS. */
  labels?: boolean;
  /** Milliseconds since 1970, for AGE. */
  now: number;
  /** Width of the terminal; where the table is wider, the clusters stand below each other. */
  columns?: number | undefined;
  /** See `renderTable`. */
  widths?: number[] | undefined;
}

/** The lines of `status`. */
export function renderList(model: StatusModel, paint: Paint, options: ListOptions): string[] {
  const { headers, columns } = options;
  const rows = [
    ...(headers ? [headerOf(model, options)] : []),
    ...model.services.map((one) => rowOf(one, model, paint, options)),
  ];
  const fits = columns === undefined || rows.length === 0 || widthOf(rows) <= columns;
  return fits ? renderTable(rows, options.widths) : renderStacked(model, paint, options);
}

function headerOf({ clusters }: StatusModel, { namespaces, labels }: ListOptions): Cell[] {
  const names = clusters.map(({ name }) => name.toUpperCase());
  return plain(
    ...(namespaces ? ["NAMESPACE"] : []),
    "NAME",
    ...names,
    "SYNC",
    "MOVE",
    "AGE",
    ...(labels ? ["LABELS"] : []),
  );
}

function rowOf(service: ServiceStatus, { clusters }: StatusModel, paint: Paint, options: ListOptions): Cell[] {
  return [
    ...plain(...(options.namespaces ? [service.namespace] : []), service.name),
    ...clusters.map(({ name }) => placeCell(service.places.find(({ cluster }) => cluster === name))),
    syncCell(service.sync, service.inSync, paint),
    ...plain(formatMove(service), formatAge(service.createdAt, options.now)),
    ...plain(...(options.labels ? [formatLabels(service.labels) || "<none>"] : [])),
  ];
}

/** Each Service with a line for each cluster, for narrow terminals and many clusters. */
function renderStacked({ clusters, services }: StatusModel, paint: Paint, options: ListOptions): string[] {
  const width = Math.max(...clusters.map(({ name }) => name.length));
  return services.flatMap((service) => {
    const name = options.namespaces ? `${service.namespace}/${service.name}` : service.name;
    const { text, paint: color } = syncCell(service.sync, service.inSync, paint);
    const places = clusters.map((cluster) => {
      const cell = placeCell(service.places.find((place) => place.cluster === cluster.name));
      return `  ${cluster.name.padEnd(width)}   ${cell.text}`;
    });
    const moving = service.move ? [`  move ${formatMove(service)}`] : [];
    const labels = options.labels ? [`  labels ${formatLabels(service.labels) || "<none>"}`] : [];
    return [
      `${name}   ${color ? color(text) : text}   ${formatAge(service.createdAt, options.now)}`,
      ...places,
      ...moving,
      ...labels,
    ];
  });
}

/** Where an open move leads, in one word: `to-west`, `back-to-east`, `aborted`; `-` without one. */
function formatMove({ move }: ServiceStatus): string {
  if (!move) return "-";
  if (move.phase === "aborted") return "aborted";
  return move.phase === "rollback" ? `back-to-${move.from}` : `to-${move.to}`;
}

/** `union 6/9`; `-` where there is no Service, `?` where nobody knows. */
function placeCell(place: PlaceStatus | undefined): Cell {
  if (!place?.known) return { text: "?" };
  if (!place.exists) return { text: "-" };
  return { text: `${place.mode ?? place.role} ${place.ready}/${place.expected ?? "?"}` };
}

/** The word in SYNC, coloured. */
export function syncCell(word: string, inSync: boolean, paint: Paint): Cell {
  return { text: word, paint: inSync ? paint.good : word === "Unknown" ? paint.bad : paint.warn };
}

/** Time since creation, as kubectl's AGE. */
export function formatAge(createdAt: string | undefined, now: number): string {
  const created = Date.parse(createdAt ?? "");
  if (Number.isNaN(created)) return "<unknown>";
  const seconds = Math.floor((now - created) / 1000);
  return seconds > 0 ? formatDuration(seconds * 1000) : "0s";
}

/** What stderr says below the table: clusters with a problem, and where to look next. */
export function renderNotes(model: StatusModel, paint: Paint, flags: string): string[] {
  const notes = model.clusters.flatMap((cluster) => noteOf(cluster, paint));
  const bad = model.services.filter(({ inSync }) => !inSync);
  const [first] = bad;
  if (!first) return notes;
  const more = `kubectl syndicate status ${first.name} -n ${first.namespace}${flags}`;
  return [...notes, `${bad.length} of ${model.services.length} not in sync. Next: ${more}`];
}

/** The problem of one cluster, if it has one. */
export function noteOf(cluster: ClusterStatus, paint: Paint): string[] {
  if (cluster.problem === undefined) return [];
  const where = cluster.server === "" ? `context ${cluster.context}` : `context ${cluster.context}, ${cluster.server}`;
  const sign = cluster.reachable ? paint.signs.warn : paint.signs.fail;
  return [`${sign} ${cluster.name}: ${cluster.problem} (${where})`];
}

/** One line per Service and cluster, for grep. */
export function renderWide(model: StatusModel, paint: Paint, headers: boolean, widths?: number[]): string[] {
  const header = plain(
    ..."NAMESPACE NAME CLUSTER MODE ROLE SELECTOR ENDPOINTS OWN REMOTE CLUSTER-IP PORTS SYNC MOVE REASON".split(" "),
  );
  const rows = model.services.flatMap((service) => service.places.map((place) => wideRow(service, place, paint)));
  return renderTable(headers ? [header, ...rows] : rows, widths);
}

function wideRow(service: ServiceStatus, place: PlaceStatus, paint: Paint): Cell[] {
  const own = place.sources[place.cluster] ?? 0;
  const remote = Object.values(place.sources).reduce((sum, count) => sum + count, 0) - own;
  const selector =
    place.selector?.kept === "live" ? formatLabels(place.selector.labels) : `<${place.selector?.kept ?? "none"}>`;
  const shown = place.exists
    ? [
        selector,
        `${place.ready}/${place.expected ?? "?"}`,
        `${own}`,
        `${remote}`,
        place.clusterIP ?? "-",
        service.ports.join(",") || "-",
      ]
    : ["-", "-", "-", "-", "-", "-"];
  return [
    ...plain(service.namespace, service.name, place.cluster, place.mode ?? "-", place.role, ...shown),
    syncCell(place.reason, place.inSync, paint),
    ...plain(formatMove(service), place.messages.join("; ") || "-"),
  ];
}

/** `app=checkout,tier=web`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
