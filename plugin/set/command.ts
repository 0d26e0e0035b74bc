/** `kubectl syndicate set MODE SERVICE`. */
import { SYNC_USER } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { services } from "../../shared/kube/resources.ts";
import { parseMode } from "../../shared/mode.ts";
import { adviseOn } from "../../shared/protocol/advise.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { isInScope } from "../clusters/identity.ts";
import { type Aim, withTarget } from "../clusters/look.ts";
import { readViews } from "../clusters/views.ts";
import type { Values } from "../command-line.ts";
import { consent } from "../consent.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { peerViewsOf } from "../judge.ts";
import { parseLabels } from "../labels.ts";
import { textOf } from "../options.ts";
import { seenFrom } from "../perspective.ts";
import { choosePaint } from "../render/paint.ts";
import { edgeOf, wrapLines } from "../render/wrap.ts";
import { renderJudgement } from "./rendering.ts";
import { annotationsOf, type Judgement, judgeWish, type Wish } from "./wish.ts";

/** Checks a declaration against all clusters, explains it, and writes it; exit 4 if it is refused. */
export async function runSet(values: Values, io: Io): Promise<ExitCode> {
  const wish: Wish = {
    mode: parseMode(textOf(values, "mode")),
    successor: textOf(values, "successor"),
    adopt: textOf(values, "adopt"),
    selector: parseLabels(textOf(values, "selector")),
    minReady: textOf(values, "min-ready"),
  };
  return withTarget(values, io, textOf(values, "contexts"), async (aim) => {
    const key = { namespace: aim.namespace, name: textOf(values, "service") ?? "" };
    const { service, judgement } = await judge(wish, key, aim, io);
    const { status } = aim.target;
    const place = { cluster: status.name, context: status.context, server: status.server };
    const lines = renderJudgement(key, place, judgement, choosePaint(io, io.stderr, aim.options.color));
    tell(io, ...wrapLines(lines, edgeOf(io.stderr)));
    if (judgement.violations.length) {
      tell(io, `error: refused, nothing was written: ${judgement.violations.length} objection(s)`);
      return EXIT.refused;
    }
    return write(wish, service, judgement, aim, values, io);
  });
}

async function judge(
  wish: Wish,
  key: ServiceKey,
  aim: Aim,
  io: Io,
): Promise<{ service: Service; judgement: Judgement }> {
  const { target, others, call } = aim;
  const { identity, status } = target;
  if (!identity) {
    throw new CliError(
      `context ${status.context}: ${status.problem ?? "syndicate is not installed here"}; nobody would act on a mode`,
      {
        code: EXIT.refused,
      },
    );
  }
  if (!isInScope(identity, key.namespace)) {
    throw new CliError(`${status.name} does not watch namespace ${key.namespace} (NSTOWATCH, EXCLUDE)`, {
      code: EXIT.refused,
    });
  }
  const { views, members, problems } = await readViews([target, ...others], key, call);
  tell(io, ...problems);
  const service = views.get(status.name)?.service;
  if (!service) throw new CliError(`${status.name} has no Service ${key.namespace}/${key.name}`);
  const clusters = peerViewsOf(members, views);
  const advice = adviseOn(seenFrom(status.name, key, clusters, identity.settings, io.now()));
  const settings = { cluster: status.name, syncUser: SYNC_USER, unionSelector: identity.settings.unionSelector };
  return {
    service,
    judgement: judgeWish(wish, { service, settings, advice, peers: identity.peers ?? [], now: io.now() }),
  };
}

async function write(
  wish: Wish,
  service: Service,
  { idle, removed, perhaps }: Judgement,
  { client, call, options }: Aim,
  values: Values,
  io: Io,
): Promise<ExitCode> {
  const { namespace = "", name, resourceVersion } = service.metadata;
  const dryRun = textOf(values, "dry-run");
  if (idle) {
    io.stdout.write(`service/${name} unchanged\n`);
    return EXIT.done;
  }
  if (dryRun === "client") {
    io.stdout.write(`service/${name} would be annotated (dry run, nothing was sent)\n`);
    return EXIT.done;
  }
  if (removed.length + perhaps.length > 0 && dryRun !== "server") {
    const places = [...removed, ...perhaps.map((cluster) => `perhaps ${cluster}`)].join(", ");
    const refused = await consent(name, `replicas in ${places} will be deleted`, values["yes"] === true, io);
    if (refused !== undefined) return refused;
  }
  const body = { metadata: { annotations: annotationsOf(wish), resourceVersion } };
  // Once it is on its way it must be known whether it was made: no signal ends it.
  const limits = { deadlineMs: options.deadlineMs, dryRun: dryRun === "server" };
  await client.patch(
    services.one(namespace, name),
    body,
    "merge",
    dryRun === "server" ? { ...call, ...limits } : limits,
  );
  io.stdout.write(`service/${name} annotated${dryRun === "server" ? " (server dry run)" : ""}\n`);
  if (dryRun !== "server") tell(io, `next:  kubectl syndicate status ${name} -n ${namespace}`);
  return EXIT.done;
}
