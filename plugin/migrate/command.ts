/** `kubectl syndicate migrate SERVICE --from CONTEXT --to CONTEXT`. */
import { randomBytes } from "node:crypto";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import { effectiveSelector } from "../../shared/selector.ts";
import { findContext, mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderLines } from "../output/data.ts";
import { renderDocument } from "../render/document.ts";
import { renderBegun, renderMoveHead, renderPreview } from "../render/migration.ts";
import { choosePaint } from "../render/paint.ts";
import { makeReporter, type Reporter } from "../render/reporter.ts";
import { edgeOf } from "../render/wrap.ts";
import { askConsent, refuseByChecks } from "./approval.ts";
import { carryOut } from "./execution.ts";
import type { Facts } from "./facts.ts";
import { countPods, inquire } from "./inquire.ts";
import type { Move } from "./move.ts";
import { type MigrateOptions, readMigrateOptions, requirePlaces } from "./options.ts";
import { type PlannedStep, planMove } from "./plan.ts";
import { applyPlan, findChanges, makePlanDocument, type PlanDocument } from "./plan-document.ts";
import { readPlan } from "./plan-file.ts";
import { readSituation } from "./ports.ts";
import { checkMove } from "./preflight.ts";
import { decideNext, findStage } from "./progress.ts";
import { rehearse } from "./rehearsal.ts";
import { findBegun, findObstacle, makeMove } from "./request.ts";
import type { Situation } from "./situation.ts";
import { stopBefore } from "./stopping.ts";
import { verbCommand, wayBackCommand } from "./verb-command.ts";
import type { Work } from "./work.ts";

/** A move with all that is known before it begins. */
interface Undertaking {
  move: Move;
  options: MigrateOptions;
  /** `from`, `to`, then further clusters. */
  sessions: readonly Session[];
  facts: Facts;
  plan: readonly PlannedStep[];
}

/** Checks, asks, and carries a move through. */
export async function runMigrate(values: Values, io: Io): Promise<ExitCode> {
  const planned = await readPlan(values, io);
  const read = readMigrateOptions(values);
  const options = planned ? applyPlan(read, planned) : read;
  requirePlaces(options);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const contexts = [options.from, options.to, ...options.others];
  const [first] = contexts.map((context) => findContext(config, context));
  const namespace = options.namespace ?? (first?.context.namespace || "default");
  const key = { namespace, name: options.service };
  const sessions = await openSessions(config, contexts, options, io);
  const contextOf = (name: string) => sessions.find(({ status }) => status.name === name)?.status.context ?? name;
  const reporter = makeReporter({ io, key, contextOf, progress: options.progress, color: options.color });
  try {
    if (io.signal.aborted) return stopBefore(io, reporter);
    checkReachable(sessions);
    return await goOnWith(options, sessions, key, io, reporter, planned);
  } catch (error) {
    if (io.signal.aborted) return stopBefore(io, reporter);
    throw error;
  } finally {
    await closeSessions(sessions);
  }
}

/** The move of an open session of each cluster, begun or to be begun. */
export async function goOnWith(
  options: MigrateOptions,
  sessions: readonly Session[],
  key: ServiceKey,
  io: Io,
  reporter: Reporter,
  planned?: PlanDocument,
): Promise<ExitCode> {
  const undertaking = await prepare(options, sessions, key, planned, io);
  return approveAndRun(undertaking, io, reporter);
}

/** Throws `CliError`, code 4, naming every context that does not answer. */
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
  planned: PlanDocument | undefined,
  io: Io,
): Promise<Undertaking> {
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const [fromSession, toSession] = sessions;
  if (!fromSession || !toSession) throw new Error("two sessions were asked for");
  const inquiry = { clock: io.clock, now: io.now, signal: io.signal, call };
  const [situation, from, to] = await Promise.all([
    readSituation(sessions, key, call, io.now),
    inquire(fromSession, key.namespace, key.name, inquiry),
    inquire(toSession, key.namespace, key.name, inquiry),
  ]);
  const { views } = situation;
  const selectorIn = ({ status }: Session) => {
    const service = views.get(status.name)?.service;
    return service && effectiveSelector(service);
  };
  const serving = await countPods(fromSession, key.namespace, selectorIn(fromSession), call);
  const id = planned?.id ?? `m-${randomBytes(3).toString("hex")}`;
  const start = { id, now: io.now(), by: io.env["USER"] || io.env["LOGNAME"] || undefined };
  const move = makeMove(options, { key, from, to, views, stateful: serving?.stateful === true, start });
  const found = await countPods(toSession, key.namespace, move.selector ?? selectorIn(toSession), call);
  const begun = findBegun({ from, to, views });
  const changed =
    planned && begun?.id !== planned.id ? { changed: findChanges(planned, move, { from, to }, views) } : {};
  const obstacle = findObstacle({ from, to, views });
  const facts = { from, to, situation, readyPods: found?.ready, obstacle, ...changed };
  return { move, options, sessions, facts, plan: planMove(move, options.settleMs) };
}

async function approveAndRun(undertaking: Undertaking, io: Io, reporter: Reporter): Promise<ExitCode> {
  const { move, options, facts, plan } = undertaking;
  const checks = checkMove(move, facts);
  const begun = findBegun({ ...facts, views: facts.situation.views });
  const preview = {
    head: (paint: ReturnType<typeof choosePaint>) => [
      ...renderMoveHead(move, facts.from, facts.to, paint),
      ...(begun ? [renderBegun(begun.id, begun.by, io.now() - begun.started)] : []),
    ],
    checks,
    plan,
  };
  // With -o the object alone is the answer.
  if (options.dryRun === "none" || options.output) reporter.preview(preview);
  else
    io.stdout.write(renderLines(renderPreview(preview, choosePaint(io, io.stdout, options.color), edgeOf(io.stdout))));
  const refused = refuseByChecks(checks, reporter);
  if (refused !== undefined) return refused;
  if (io.signal.aborted) return stopBefore(io, reporter);
  if (options.dryRun !== "none") return await dryRun(undertaking, io);
  // Nothing is left to write: there is nothing to consent to.
  if (!options.yes && findStage(move, facts.situation) !== "drain") {
    const answer = await askConsent(move.key.name, "start", io, reporter);
    if (answer !== undefined) return answer;
  }
  return await carryOut(workOf(undertaking), io, reporter);
}

async function dryRun({ move, options, sessions, facts, plan }: Undertaking, io: Io): Promise<ExitCode> {
  const { views } = facts.situation;
  if (options.dryRun === "server") {
    const call = { deadlineMs: options.deadlineMs, signal: io.signal };
    await rehearse(move, sessions, facts.situation, call);
  }
  if (options.output) {
    const document = makePlanDocument(move, { ...facts, others: options.others }, views, plan);
    io.stdout.write(renderDocument(document, options.output));
  } else if (options.dryRun === "server") {
    io.stdout.write("\nDry run: both API servers accepted every write and kept none.\n");
  } else io.stdout.write("\nDry run: nothing was sent.\n");
  return EXIT.done;
}

function workOf({ move, options, sessions, facts, plan }: Undertaking): Work {
  const command = (verb: "resume" | "rollback") => verbCommand(verb, move.key, sessions, options);
  return {
    key: move.key,
    drive: { decide: (situation) => decideNext(move, situation), ticket: move.ticket, phase: "running" },
    plan,
    options,
    sessions,
    situation: facts.situation,
    goOn: command("resume"),
    goBack: command("rollback"),
    describe: (situation, idle, took) => {
      const arrival = describeArrival(move, situation, idle, took);
      return idle ? arrival : `${arrival} The way back: ${wayBackCommand(move, sessions, options)}`;
    },
  };
}

/** The last sentence of a move: the promise of the command. */
function describeArrival(move: Move, { views }: Situation, idle: boolean, took: string): string {
  const { namespace, name } = move.key;
  const view = views.get(move.to);
  const ready = view?.service ? countReady(view.slices, view.service) : 0;
  const pods = `The old pods in ${move.from} may be deleted now.`;
  const serves = `${move.to} serves ${namespace}/${name} with ${ready} endpoint${ready === 1 ? "" : "s"}`;
  if (idle) return `Nothing to do: ${serves} in all clusters. ${pods}`;
  return `Done in ${took}: ${serves}; ${move.from} follows. ${pods}`;
}
