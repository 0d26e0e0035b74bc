/** `kubectl syndicate migrate SERVICE --from CONTEXT --to CONTEXT`. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { effectiveSelector } from "../../shared/selector.ts";
import { findContext, mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { approve } from "./approval.ts";
import { carryOut } from "./execution.ts";
import { countReadyPods, inquire } from "./inquire.ts";
import { readSituation } from "./ports.ts";
import { checkMove } from "./preflight.ts";
import { type MigrateOptions, makeMove, readMigrateOptions } from "./request.ts";
import type { Undertaking } from "./undertaking.ts";

/** Checks, asks, and carries a move through. */
export async function runMigrate(values: Values, io: Io): Promise<ExitCode> {
  const options = readMigrateOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const contexts = [options.from, options.to, ...options.others];
  const [first] = contexts.map((context) => findContext(config, context));
  const namespace = options.namespace ?? (first?.context.namespace || "default");
  const sessions = await openSessions(config, contexts, options, io);
  try {
    checkReachable(sessions);
    const undertaking = await prepare(options, sessions, { namespace, name: options.service }, io);
    const checks = checkMove(undertaking.move, undertaking.facts);
    const approved = await approve(undertaking, checks, io);
    if (approved !== undefined) return approved;
    return await carryOut(undertaking, io);
  } finally {
    await closeSessions(sessions);
  }
}

function checkReachable(sessions: readonly Session[]): void {
  const silent = sessions.filter(({ access, status }) => !access || !status.reachable);
  if (silent.length === 0) return;
  const texts = silent.map(({ status }) => `context ${status.context} ${status.server}: ${status.problem}`);
  throw new CliError(`refused, nothing was written; ${texts.join("; ")}`, { code: EXIT.refused });
}

async function prepare(
  options: MigrateOptions,
  sessions: readonly Session[],
  key: ServiceKey,
  io: Io,
): Promise<Undertaking> {
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const [from, to] = sessions;
  if (!from || !to) throw new Error("two sessions were asked for");
  const inquiry = { clock: io.clock, now: io.now, signal: io.signal, call };
  const [situation, fromFacts, toFacts] = await Promise.all([
    readSituation(sessions, key, call, io.now),
    inquire(from, key.namespace, key.name, inquiry),
    inquire(to, key.namespace, key.name, inquiry),
  ]);
  const move = makeMove(options, key, { from: from.status.name, to: to.status.name }, situation.views);
  const target = situation.views.get(move.to)?.service;
  const selector = move.selector ?? (target && effectiveSelector(target));
  const readyPods =
    selector && to.access ? await countReadyPods(to.access.client, key.namespace, selector, call) : undefined;
  return { move, options, sessions, facts: { from: fromFacts, to: toFacts, situation, readyPods } };
}
