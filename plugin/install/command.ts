/** `kubectl syndicate install`. */
import { stringify } from "yaml";
import { classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { removeIfExists } from "../../shared/kube/lookup.ts";
import { namespaces } from "../../shared/kube/resources.ts";
import { type Aim, withTarget } from "../clusters/look.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode, stopCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { textOf } from "../options.ts";
import { shellWord } from "../shell-word.ts";
import { decideInstall, type InstallWish, parseSettings } from "./decision.ts";
import { readInstalled } from "./installed.ts";
import { defaultSettings, type Manifest, pathOf, renderManifests } from "./manifests.ts";
import { readVersion } from "./server-version.ts";

/** Applies or prints the manifests; exit 4 if something speaks against them. */
export async function runInstall(values: Values, io: Io): Promise<ExitCode> {
  const wish = readWish(values);
  const output = textOf(values, "output");
  if (output !== undefined) {
    const { problems, options } = decideInstall(wish, undefined, undefined, defaultSettings());
    refuse(problems);
    const objects = renderManifests(options);
    const list = { apiVersion: "v1", kind: "List", items: objects };
    const text =
      output === "json" ? `${JSON.stringify(list, null, 2)}\n` : objects.map((one) => stringify(one)).join("---\n");
    io.stdout.write(text);
    return EXIT.done;
  }
  return withTarget(values, io, "none", (aim) => install(wish, textOf(values, "dry-run") ?? "none", aim, io));
}

function readWish(values: Values): InstallWish {
  const settings = parseSettings(textOf(values, "set"));
  if (typeof settings === "string") throw new CliError(settings);
  return {
    name: textOf(values, "name"),
    image: textOf(values, "image"),
    settings,
    webhook: (textOf(values, "webhook") ?? "auto") as InstallWish["webhook"],
    createNamespaces: values["create-namespaces"] as boolean | undefined,
  };
}

function refuse(problems: readonly string[]): void {
  if (problems.length)
    throw new CliError(`refused, nothing was written: ${problems.join("; ")}`, { code: EXIT.refused });
}

async function install(wish: InstallWish, dryRun: string, { target, client, call }: Aim, io: Io): Promise<ExitCode> {
  const { context, server } = target.status;
  const [installed, version] = await Promise.all([readInstalled(client, call), readVersion(client, call)]);
  const { problems, options } = decideInstall(wish, installed, version, defaultSettings());
  refuse(problems);
  const name = options.settings["CLUSTER_NAME"];
  const webhook =
    options.webhook === "fail"
      ? "changes of its Services wait for the webhook"
      : "the webhook is asked and not waited for";
  tell(
    io,
    `${installed ? "Upgrade" : "Install"} ${name}: context ${context}, ${server}, Kubernetes ${version.text}; ${webhook}`,
  );
  const objects = renderManifests(options);
  if (dryRun === "client") {
    io.stdout.write(objects.map((object) => `${nameOf(object)} would be applied\n`).join(""));
    return EXIT.done;
  }
  await applyAll(client, objects, dryRun === "server", call, io);
  if (dryRun === "server") return EXIT.done;
  const before = installed?.createNamespaces ? renderManifests({ ...options, createNamespaces: true }) : [];
  await removeDropped(client, before, objects, call, io);
  await labelKubeSystem(client, call);
  tell(
    io,
    `next:  kubectl --context ${shellWord(context)} -n syndicate-system rollout status deployment/syndicate`,
    `       kubectl syndicate link PEER --context ${shellWord(context)} --mutual`,
  );
  return EXIT.done;
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

/** Server-side apply: fields that others own, such as the webhook's `caBundle`, stay theirs. */
async function applyAll(
  client: KubeClient,
  objects: readonly Manifest[],
  dryRun: boolean,
  { deadlineMs }: CallOptions,
  io: Io,
): Promise<void> {
  const options = { force: true, dryRun, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  let missing = 0;
  for (const object of objects) {
    if (io.signal.aborted) throw new CliError("stopped; the same command goes on", { code: stopCode(io) });
    try {
      await client.patch(pathOf(object), object, "apply", options);
      io.stdout.write(`${nameOf(object)} applied${dryRun ? " (server dry run)" : ""}\n`);
    } catch (error) {
      // A dry run makes no namespace for what comes after it.
      if (!dryRun || classifyError(error) !== "notFound") throw error;
      missing += 1;
    }
  }
  if (missing > 0) tell(io, `${missing} objects could not be tried before their namespace is there`);
}

/** What an installation had for a choice that is taken back: rights that nobody uses any more. */
async function removeDropped(
  client: KubeClient,
  before: readonly Manifest[],
  objects: readonly Manifest[],
  { deadlineMs }: CallOptions,
  io: Io,
): Promise<void> {
  const kept = new Set(objects.map(pathOf));
  for (const object of before.filter((one) => !kept.has(pathOf(one)))) {
    await removeIfExists(client, pathOf(object), {}, deadlineMs === undefined ? {} : { deadlineMs });
    io.stdout.write(`${nameOf(object)} deleted\n`);
  }
}

/** Namespaces name themselves from 1.21 on; the webhook configurations leave this one out by that name. */
async function labelKubeSystem(client: KubeClient, { deadlineMs }: CallOptions): Promise<void> {
  const path = namespaces.one("kube-system");
  const { metadata } = await client.get(path);
  const key = "kubernetes.io/metadata.name";
  if (metadata.labels?.[key] === "kube-system") return;
  await client.patch(
    path,
    { metadata: { labels: { [key]: "kube-system" } } },
    "merge",
    deadlineMs === undefined ? {} : { deadlineMs },
  );
}
