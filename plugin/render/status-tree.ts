/** One Service as a tree: clusters, and below each where its endpoints come from. Healthy parts are short. */
import type { MoveStatus, PlaceStatus, ServiceStatus } from "../status/model.ts";
import type { Paint } from "./paint.ts";
import { formatLabels } from "./status-list.ts";
import { renderTable } from "./table.ts";
import { cut, wrap } from "./wrap.ts";

/** Addresses shown before "and N more". */
const SHOWN = 3;
const HEAD_INDENT = "Service:  ".length;

/**
 * The lines of `status SERVICE`; on a terminal of so many columns, wrapped or cut so that none is longer. `flags` belong to
 * the commands it offers.
 */
export function renderTree(
  service: ServiceStatus,
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
  flags = "",
): string[] {
  const heads = renderTable(
    service.places.map((place) => [
      { text: place.cluster },
      { text: place.mode ?? roleWord(place) },
      { text: place.exists ? `endpoints ${place.ready}/${place.expected ?? "?"}` : "" },
      { text: describeSelector(place) },
    ]),
  );
  const branches = service.places.flatMap((place, i) => {
    const isLast = i === service.places.length - 1;
    const { branch, last, pipe } = paint.signs;
    const inner = renderLeaves(place, paint).map((line) => (isLast ? "   " : pipe) + line);
    return [(isLast ? last : branch) + (heads[i] ?? "").trimEnd(), ...inner];
  });
  return [
    ...renderHead(service, paint).flatMap((line) => wrap(line, columns, HEAD_INDENT)),
    "",
    service.name,
    ...branches.map((line) => cut(line, columns, paint.signs.ellipsis)),
    "",
    ...service.places.flatMap((place) => renderVerdict(place, paint, columns)),
    ...(service.move ? ["", ...renderWays(service, service.move, flags)] : []),
  ];
}

/** How to end a move: whoever looks may not be who began it. Commands are to be copied, so they are never cut. */
function renderWays({ namespace, name }: ServiceStatus, { phase }: MoveStatus, flags: string): string[] {
  const command = (verb: string) => `kubectl syndicate migrate ${verb} ${name} -n ${namespace}${flags}`;
  if (phase === "rollback") return [`go on:    ${command("rollback")}`, `leave it: ${command("abort")}`];
  return [`go on:    ${command("resume")}`, `go back:  ${command("rollback")}`];
}

const PHASES = { running: "open", rollback: "on its way back", aborted: "given up" } as const;

function describeMove({ id, phase, from, to, strategy, startedAt, by, stage }: MoveStatus, paint: Paint): string {
  const stages = { declare: "nothing is declared yet", unite: "both are to serve", drain: `${to} is to serve alone` };
  const begun = `begun ${startedAt}${by === undefined ? "" : ` by ${by}`}`;
  const state = [PHASES[phase], ...(stage ? [stages[stage]] : [])].join(": ");
  return `Move:     ${id}   ${from} ${paint.signs.arrow} ${to}, ${strategy}, ${begun}; ${state}`;
}

function renderHead(service: ServiceStatus, paint: Paint): string[] {
  const { intent, move } = service;
  const headless = service.headless ? ", headless" : "";
  return [
    `Service:  ${service.namespace}/${service.name}   ports ${service.ports.join(", ") || "none"}${headless}`,
    `Intent:   ${intent ? `${intent.mode} at ${intent.at}${from(intent)}, since ${new Date(intent.time).toISOString()}` : "none declared"}`,
    ...(move ? [describeMove(move, paint)] : []),
    `Sync:     ${service.sync}`,
  ];
}

function from(intent: { at: string; from?: string }): string {
  return intent.from === undefined || intent.from === intent.at ? "" : `, from ${intent.from}`;
}

function roleWord(place: PlaceStatus): string {
  return place.known && !place.exists ? "no Service" : place.role;
}

function describeSelector({ selector, exists }: PlaceStatus): string {
  if (!exists) return "";
  if (!selector) return "no selector";
  const labels = formatLabels(selector.labels);
  if (selector.kept === "live") return `selector ${labels}`;
  return selector.kept === "saved" ? `selector saved: ${labels}` : `origin's selector: ${labels}`;
}

function renderLeaves(place: PlaceStatus, paint: Paint): string[] {
  const leaves: string[] = [];
  const own = place.sources[place.cluster] ?? 0;
  if (own > 0 || place.own.length > 0)
    leaves.push(`own pods   ${own} ready${via(place)}   ${listSome(place.own)}`.trimEnd());
  for (const [source, count] of Object.entries(place.sources)) {
    if (source !== place.cluster) leaves.push(`from ${source}   ${count} ready`);
  }
  if (place.frozen > 0) leaves.push(`left over   ${place.frozen} slices of the former selector`);
  return leaves.map((leaf, i) => (i === leaves.length - 1 ? paint.signs.last : paint.signs.branch) + leaf);
}

function via(place: PlaceStatus): string {
  return place.shadow ? ", tracked by the shadow" : "";
}

function listSome(addresses: readonly string[]): string {
  const shown = addresses.slice(0, SHOWN).join(", ");
  return addresses.length > SHOWN ? `${shown} and ${addresses.length - SHOWN} more` : shown;
}

function renderVerdict(place: PlaceStatus, paint: Paint, columns: number): string[] {
  const text = place.messages.length ? `${place.reason}: ${place.messages.join("; ")}` : place.reason;
  const sign = place.inSync ? paint.signs.ok : paint.signs.warn;
  const [first = "", ...rest] = wrap(`${sign} ${place.cluster}: ${text}`, columns, sign.length + 1);
  const color = place.inSync ? paint.good : paint.warn;
  return [color(sign) + first.slice(sign.length), ...rest];
}
