/** What `--for` waits for. Pure. */
import type { Intent } from "../../shared/intent.ts";
import { CliError } from "../exit.ts";
import { findResults } from "../jsonpath/evaluation.ts";
import { formatGo } from "../jsonpath/go-value.ts";
import { parseRelaxed } from "../output/custom-columns.ts";
import type { ServiceStatus, StatusModel } from "./model.ts";

/** A condition on the answer, in the words it was given in. */
export interface Wish {
  text: string;
  isTrueOf(service: ServiceStatus): boolean;
  /** True of no Service at all, where others wait until there is one. */
  absence?: boolean;
}

/** `synced`, `mode=MODE`, `serving=CLUSTER`, `create`, `delete` or `jsonpath={.path}[=value]`. Throws `CliError`. */
export function parseWish(text: string): Wish {
  const [, name = "", value] = /^([a-z]+)(?:=([\s\S]+))?$/.exec(text) ?? [];
  if (name === "jsonpath" && value !== undefined) return { text, isTrueOf: parsePathWish(value) };
  if (value === undefined) {
    if (name === "synced") return { text, isTrueOf: ({ inSync }) => inSync };
    if (name === "create") return { text, isTrueOf: () => true };
    if (name === "delete") return { text, isTrueOf: () => false, absence: true };
  } else {
    if (name === "mode") return { text, isTrueOf: parseModeWish(value) };
    if (name === "serving") return { text, isTrueOf: (service) => isServedBy(service, value) };
  }
  throw new CliError(
    `--for "${text}" is none of synced, mode=MODE, serving=CLUSTER, create, delete, jsonpath='{.path}'[=value]`,
  );
}

/** The modes of a declaration: who says `receiver` declares `source` for another cluster. */
const MODES: readonly string[] = ["source", "union", "singular", "none"] satisfies Intent["mode"][];

function parseModeWish(mode: string): Wish["isTrueOf"] {
  if (!MODES.includes(mode)) {
    const receiver = mode === "receiver" ? "; a receiver makes another cluster the source: serving=CLUSTER" : "";
    throw new CliError(`--for "mode=${mode}" is none of ${MODES.join(", ")}${receiver}`);
  }
  return ({ inSync, intent }) => inSync && intent?.mode === mode;
}

function parsePathWish(text: string): Wish["isTrueOf"] {
  const [, path = text, wanted] = /^(\{[^}]*\})(?:=([\s\S]*))?$/.exec(text) ?? [];
  const template = parseRelaxed(path);
  return (service) => {
    const found = findResults(template, service).flat();
    return wanted === undefined ? found.length > 0 : found.length === 1 && formatGo(found[0]) === wanted;
  };
}

/** Wherever the Service exists, ready addresses of this cluster are published and no others. */
function isServedBy({ inSync, places }: ServiceStatus, cluster: string): boolean {
  const existing = places.filter(({ exists }) => exists);
  const alone = existing.every(({ sources }) => {
    const counts = Object.entries(sources).filter(([, count]) => count > 0);
    return counts.length === 1 && counts[0]?.[0] === cluster;
  });
  return inSync && existing.length > 0 && alone;
}

/** True if the wish holds of every Service shown, of one at least, and every cluster was read. */
export function isGranted({ absence, isTrueOf }: Wish, { services, clusters }: StatusModel): boolean {
  if (clusters.some(({ reachable }) => !reachable)) return false;
  return absence ? services.length === 0 : services.length > 0 && services.every(isTrueOf);
}
