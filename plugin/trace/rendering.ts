/** A trace as text: one block per cluster. */
import type { IntentCopy } from "../../shared/intent.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Paint } from "../render/paint.ts";
import { formatAge } from "../render/status-list.ts";
import { plain, renderTable } from "../render/table.ts";
import type { ClusterTrace, TracedObject } from "./model.ts";
import type { Writer } from "./writers.ts";

/** The lines of `trace`; `now` in milliseconds since 1970. */
export function renderTrace(key: ServiceKey, traces: readonly ClusterTrace[], paint: Paint, now: number): string[] {
  return traces.flatMap((trace, i) => [...(i > 0 ? [""] : []), ...renderCluster(key, trace, paint, now)]);
}

function renderCluster(key: ServiceKey, trace: ClusterTrace, paint: Paint, now: number): string[] {
  const head = paint.bold(`${key.namespace}/${key.name} in ${trace.cluster}: ${roleText(trace)}`);
  if (!trace.known) return [head];
  const facts = [
    ["declared", trace.declaration ? describeDeclaration(trace.declaration) : "nothing"],
    ["mode", modeText(trace)],
    ["selector", trace.selector],
    [
      "publishes",
      trace.contributors.map(({ cluster, ready }) => `${ready} ready of ${cluster}`).join(", ") || "nothing",
    ],
  ] as const;
  const shown = trace.role === "absent" ? [] : facts;
  const { warn } = paint.signs;
  return [
    head,
    ...renderTable(shown.map(([name, text]) => plain(`  ${name}`, text))),
    ...trace.waits.map((text) => `  ${paint.warn(warn)} waits: ${text}`),
    ...trace.next.map((text) => `  ${paint.warn(warn)} next:  ${text}`),
    ...(trace.objects.length ? ["  objects"] : []),
    ...renderTable(trace.objects.map((object) => plain(...objectCells(object, now)))),
  ];
}

function roleText({ role, follows, known }: ClusterTrace): string {
  if (!known) return "could not be read";
  if (role === "absent") return "no Service";
  return follows === undefined ? role : `${role} of ${follows}`;
}

function modeText({ mode, impliedMode }: ClusterTrace): string {
  const text = mode ?? "none";
  return impliedMode === undefined
    ? text
    : `${text}, not ${impliedMode} as the declaration asks: written and not taken up yet`;
}

function describeDeclaration({ mode, at, from, time, adopt, declared }: IntentCopy): string {
  return [
    `${mode} at ${at}`,
    ...(from === undefined || from === at ? [] : [`from ${from}`]),
    `on ${new Date(time).toISOString()}`,
    ...(adopt?.length ? [`taking along ${adopt.join(", ")}`] : []),
    ...(declared?.length ? [`(declared on this Service so far: ${declared.join(", ")})`] : []),
  ].join(", ");
}

function objectCells({ kind, name, part, ready, writers }: TracedObject, now: number): string[] {
  const count = ready === undefined ? "" : `, ${ready} ready`;
  return [
    `    ${kind}/${name}`,
    `${part}${count}`,
    writers.map((writer) => describeWriter(writer, now)).join("; ") || "-",
  ];
}

function describeWriter({ manager, time, fields }: Writer, now: number): string {
  const age = time === "" ? "" : ` ${formatAge(time, now)} ago`;
  return `${manager}${age}: ${fields.join(", ")}`;
}
