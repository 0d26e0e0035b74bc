/** What is the same about a Service in all clusters, and what is not. Pure. */
import { type Intent, impliedMode } from "../../shared/intent.ts";
import { MODE } from "../../shared/keys.ts";
import { annotation, type Service, type ServicePort } from "../../shared/kube/objects.ts";
import { readyAddresses } from "../../shared/protocol/contribution.ts";
import { isCopiedLabel } from "../../shared/protocol/replica.ts";
import { intentOf, latestVisible } from "../../shared/protocol/roles.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { seenFrom } from "../perspective.ts";

/** One field with its value in each cluster. */
export interface FieldRow {
  field: string;
  /** False if a value is other than it should be. */
  equal: boolean;
  values: Readonly<Record<string, string>>;
}

/** A cluster whose sync process does not watch the namespace is not compared. */
export interface Compared {
  view: ClusterView;
  judged: boolean;
}

/** Every field that clusters share, in the order of the answer. Clusters that could not be read must be left out. */
export function compareService(key: ServiceKey, compared: readonly Compared[]): FieldRow[] {
  const views = compared.filter(({ judged, view }) => judged || view.service).map(({ view }) => view);
  const present = views.filter((view) => view.service !== undefined);
  const intent = latestVisible(seenFrom(views[0]?.name ?? "", key, new Map(views.map((view) => [view.name, view]))));
  const field = (name: string, tell: (service: Service, view: ClusterView) => string) =>
    sameRow(
      name,
      views.flatMap((view) => (view.service ? [[view.name, tell(view.service, view)] as const] : [])),
    );
  return [
    sameRow(
      "service",
      views.map(({ name, service }) => [name, service ? kindOf(service) : "none"]),
    ),
    field("ports", ({ spec }) => (spec.ports ?? []).map(formatPort).sort().join(", ") || "none"),
    field("labels", formatLabelsOf),
    field("session affinity", ({ spec }) => spec.sessionAffinity ?? "None"),
    field("publishes not ready", ({ spec }) => String(spec.publishNotReadyAddresses ?? false)),
    field("declaration", (_, view) => formatDeclaration(intentOf(view))),
    modeRow(present, intent),
    endpointsRow(present),
  ];
}

function sameRow(field: string, values: readonly (readonly [string, string])[]): FieldRow {
  return { field, equal: new Set(values.map(([, value]) => value)).size <= 1, values: Object.fromEntries(values) };
}

function kindOf({ spec }: Service): string {
  return spec.clusterIP === "None" ? "headless" : "with address";
}

function formatPort({ name, port, protocol, appProtocol }: ServicePort): string {
  return `${name ? `${name} ` : ""}${port}/${protocol ?? "TCP"}${appProtocol ? ` (${appProtocol})` : ""}`;
}

/** Labels that replicas get; the others belong to one cluster. */
function formatLabelsOf({ metadata }: Service): string {
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => isCopiedLabel(key));
  return (
    labels
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(",") || "none"
  );
}

function formatDeclaration(intent: Intent | undefined): string {
  return intent ? `${intent.mode} at ${intent.at}, ${new Date(intent.time).toISOString()}` : "none";
}

/** Modes differ by design: `source` here is `receiver` there. What counts is whether each is the one declared. */
function modeRow(views: readonly ClusterView[], intent: Intent | undefined): FieldRow {
  const entries = views.map(({ name, service }) => {
    const mode = (service && annotation(service, MODE)) ?? "none";
    const implied = impliedMode(intent, name) ?? "none";
    const wrong = intent !== undefined && intent.mode !== "singular" && mode !== implied;
    return { name, wrong, text: wrong ? `${mode}, should be ${implied}` : mode };
  });
  return {
    field: "mode",
    equal: entries.every(({ wrong }) => !wrong),
    values: Object.fromEntries(entries.map(({ name, text }) => [name, text])),
  };
}

/** How many missing addresses are named. */
const NAMED = 3;

function endpointsRow(views: readonly ClusterView[]): FieldRow {
  const sets = views.map(({ name, slices }) => ({ name, ready: readyAddresses(slices) }));
  const all = new Set(sets.flatMap(({ ready }) => [...ready]));
  const values = sets.map(
    ({ name, ready }) =>
      [
        name,
        describeEndpoints(
          ready,
          [...all].filter((address) => !ready.has(address)),
        ),
      ] as const,
  );
  return sameRow("ready endpoints", values);
}

function describeEndpoints(ready: ReadonlySet<string>, missing: readonly string[]): string {
  if (missing.length === 0) return String(ready.size);
  const named = [...missing].sort().slice(0, NAMED).join(", ");
  return `${ready.size}, without ${named}${missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ""}`;
}
