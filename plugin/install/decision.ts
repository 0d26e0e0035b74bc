/** What `install` makes of the flags, of what is there already, and of the server's version. Pure. */
import { isClusterName } from "../../shared/names.ts";
import type { Installed } from "./installed.ts";
import type { ManifestOptions } from "./manifests.ts";

/** The flags; undefined: not given. */
export interface InstallWish {
  name: string | undefined;
  image: string | undefined;
  settings: Readonly<Record<string, string>>;
  /** `auto`: as it is, else `fail` where the server has match conditions. */
  webhook: "auto" | "ignore" | "fail";
  createNamespaces: boolean | undefined;
}

/** Kubernetes 1.`minor`. */
export interface ServerVersion {
  text: string;
  major: number;
  minor: number;
}

export interface InstallDecision {
  /** Why it cannot be installed so; empty: it can. */
  problems: readonly string[];
  options: ManifestOptions;
}

/** Least Kubernetes 1.x of the manifests, and of those whose webhooks have match conditions. */
const LEAST_MINOR = 20;
const STRICT_MINOR = 30;

/** `server` is undefined where manifests are only printed; `known` are the settings there are. */
export function decideInstall(
  wish: InstallWish,
  installed: Installed | undefined,
  server: ServerVersion | undefined,
  known: Readonly<Record<string, string>>,
): InstallDecision {
  const name = wish.name ?? installed?.settings["CLUSTER_NAME"];
  const image = wish.image ?? installed?.image;
  const strict = server !== undefined && isAtLeast(server, STRICT_MINOR);
  const usual = installed?.webhook ?? (strict ? "fail" : "ignore");
  const webhook = wish.webhook === "auto" ? usual : wish.webhook;
  const settings = { ...installed?.settings, ...wish.settings, ...(name ? { CLUSTER_NAME: name } : {}) };
  const createNamespaces = wish.createNamespaces ?? installed?.createNamespaces ?? false;
  const noImage = "which image is to run: --image REGISTRY/kubectl-syndicate:TAG (see the Dockerfile)";
  return {
    problems: [
      ...checkName(name, installed?.settings["CLUSTER_NAME"]),
      ...(image ? [] : [noImage]),
      ...checkSettings(wish.settings, known),
      ...(server ? checkVersion(server, webhook) : []),
    ],
    options: { settings, image, webhook, createNamespaces },
  };
}

function checkName(name: string | undefined, before: string | undefined): string[] {
  if (!name) return ["the cluster needs a name that is the same for everyone: --name"];
  if (!isClusterName(name)) return [`--name "${name}" is no DNS label (lower case, digits, dashes, at most 63)`];
  if (!before || name === before) return [];
  return [`the cluster is called ${before}, which is in labels and declarations of all clusters and cannot be changed`];
}

function checkSettings(settings: InstallWish["settings"], known: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(known).filter((key) => key !== "CLUSTER_NAME");
  const unknown = Object.keys(settings).filter((key) => !names.includes(key));
  return unknown.map((key) => `--set: there is no setting ${key}; there are ${names.join(", ")}`);
}

function checkVersion(server: ServerVersion, webhook: "ignore" | "fail"): string[] {
  if (!isAtLeast(server, LEAST_MINOR))
    return [`Kubernetes ${server.text} is too old: 1.${LEAST_MINOR} or later is needed`];
  if (webhook === "ignore" || isAtLeast(server, STRICT_MINOR)) return [];
  return [
    `--webhook=fail needs match conditions, which Kubernetes has from 1.${STRICT_MINOR} on; this is ${server.text}`,
  ];
}

function isAtLeast({ major, minor }: ServerVersion, least: number): boolean {
  return major > 1 || (major === 1 && minor >= least);
}

/** `KEY=VALUE;KEY=VALUE` as a map, or what is wrong with it. */
export function parseSettings(text: string | undefined): Record<string, string> | string {
  const settings: Record<string, string> = {};
  for (const part of (text ?? "").split(";").filter(Boolean)) {
    const [, key, value] = /^\s*([A-Z_]+)=(.*)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) return `--set "${part}" is not KEY=VALUE`;
    settings[key] = value.trim();
  }
  return settings;
}
