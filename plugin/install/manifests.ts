/** The shipped manifests as the plugin carries them, and how one cluster's are made of them. Pure. */
import { createHash } from "node:crypto";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../shared/kube/objects.ts";
// Rendered by kustomize from manifests/; test/manifests-copy.test.ts keeps it so.
import shipped from "./manifests.json" with { type: "json" };

/** An object to apply. */
export interface Manifest extends KubeObject {
  apiVersion: string;
  kind: string;
}

/** The Deployment as far as it is adapted. */
export interface Deployment extends Manifest {
  spec: { template: { spec: { containers: Container[] } } };
}

interface Container {
  name: string;
  image: string;
  args?: string[];
  envFrom?: { configMapRef?: { name: string } }[];
}

/** The ConfigMap of settings, as environment variables. */
export interface SettingsMap extends Manifest {
  data: Record<string, string>;
}

export interface ManifestOptions {
  /** Environment of both programs; what is not named has its default. */
  settings: Readonly<Record<string, string>>;
  /** Default: the name without a registry. */
  image?: string | undefined;
  /** `fail`: the API server insists on the webhook's answer, about Services with our keys alone (Kubernetes 1.30 and later). */
  webhook: "ignore" | "fail";
  /** Sync makes missing namespaces. */
  createNamespaces: boolean;
}

/** Prefix of the name of the ConfigMap; the rest is a hash of its content, so that a changed setting restarts the Pod. */
export const SETTINGS_PREFIX = "syndicate-settings-";
/** Argument that lets sync make missing namespaces. */
export const CREATE_NAMESPACES = "--create-namespaces";

/** Everything of one cluster, in the order to apply: the same objects `kubectl apply -k` would send. */
export function renderManifests(options: ManifestOptions): Manifest[] {
  const extra = options.createNamespaces ? parseManifests(shipped.createNamespaces) : [];
  const stricter = options.webhook === "fail" ? parseManifests(shipped.current) : [];
  const base = parseManifests(shipped.base).map(
    (object) => stricter.find(({ kind }) => kind === object.kind) ?? object,
  );
  const settings = base.find(isSettings);
  if (!settings) throw new Error("the shipped manifests have no settings");
  const data = { ...settings.data, ...options.settings };
  const name = `${SETTINGS_PREFIX}${hashOf(data)}`;
  return [...base, ...extra].map((object) => {
    if (isSettings(object)) return { ...object, metadata: { ...object.metadata, name }, data };
    return isDeployment(object) ? adapt(object, name, options) : object;
  });
}

/** The settings there are, with their defaults. */
export function defaultSettings(): Readonly<Record<string, string>> {
  return parseManifests(shipped.base).find(isSettings)?.data ?? {};
}

/** What lets another cluster read this one: namespace, account and roles. */
export function renderPeerAccess(): Manifest[] {
  return parseManifests(shipped.base).filter(
    ({ kind, metadata }) => kind === "Namespace" || metadata.name === "syndicate-peer",
  );
}

function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function isSettings(object: Manifest): object is SettingsMap {
  return object.kind === "ConfigMap" && object.metadata.name.startsWith(SETTINGS_PREFIX);
}

/** True for our Deployment. */
export function isDeployment(object: Manifest): object is Deployment {
  return object.kind === "Deployment";
}

function adapt(deployment: Deployment, settings: string, { image, createNamespaces }: ManifestOptions): Deployment {
  const containers = deployment.spec.template.spec.containers.map((container) => ({
    ...container,
    ...(image === undefined ? {} : { image }),
    envFrom: [{ configMapRef: { name: settings } }],
    ...(createNamespaces && container.name === "sync" ? { args: [...(container.args ?? []), CREATE_NAMESPACES] } : {}),
  }));
  const { template } = deployment.spec;
  return {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

/** Digits that kustomize puts letters for, so that no name looks like a word. */
const SUBSTITUTES: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

/** The hash kustomize gives a ConfigMap: either way of installing makes the same name. */
function hashOf(data: Readonly<Record<string, string>>): string {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  // kustomize leaves the name empty here, and Go writes three characters as escapes.
  const text = JSON.stringify({ data: sorted, kind: "ConfigMap", name: "" }).replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 10);
  return [...digest].map((digit) => SUBSTITUTES[digit] ?? digit).join("");
}

/** Path of an object in the API. */
export function pathOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${group}${within}/${kind.toLowerCase().replace(/y$/, "ie")}s/${encodeURIComponent(name)}`;
}
