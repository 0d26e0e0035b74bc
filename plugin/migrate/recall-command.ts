/** `kubectl syndicate migrate resume|rollback|abort SERVICE`: the move is found by its note, in any cluster. */
import { MODE } from "../../shared/keys.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { services } from "../../shared/kube/resources.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import { effectiveSelector } from "../../shared/selector.ts";
import { readClusterUid } from "../clusters/identity.ts";
import { mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { describeProblem } from "../clusters/problem.ts";
import { closeSessions, openEach, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import type { ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderBegun, renderReturnHead } from "../render/migration.ts";
import type { Paint } from "../render/paint.ts";
import { makeReporter, type Reporter } from "../render/reporter.ts";
import { chooseContexts, chooseNamespace } from "../status/contexts.ts";
import { askConsent, refuseByChecks } from "./approval.ts";
import { goOnWith } from "./command.ts";
import { carryOut } from "./execution.ts";
import { countPods, inquire } from "./inquire.ts";
import { noteOf } from "./note.ts";
import { type RecallOptions, readRecallOptions } from "./options.ts";
import { planReturn } from "./plan.ts";
import { readSituation } from "./ports.ts";
import { findStage } from "./progress.ts";
import { type Candidate, type Recalled, recallMove, refuseOver } from "./recall.ts";
import { ticketOf } from "./request.ts";
import { checkReturn } from "./return-checks.ts";
import { decideAbort, decideReturn, type Return } from "./rollback.ts";
import type { Situation } from "./situation.ts";
import { stopBefore } from "./stopping.ts";
import { verbCommand } from "./verb-command.ts";
import type { Work } from "./work.ts";

type RecallVerb = "resume" | "rollback" | "abort";

/** A move that was found, and what is known of it. */
interface Found extends Recalled {
  key: ServiceKey;
  options: RecallOptions;
  io: Io;
  reporter: Reporter;
}

/** The command of a verb. */
export function recallCommand(verb: RecallVerb) {
  return async (values: Values, io: Io): Promise<ExitCode> => {
    const options = readRecallOptions(values);
    const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
    const { names } = chooseContexts(config, { context: undefined, contexts: options.contexts }, io.env);
    const key = { namespace: chooseNamespace(config, names, options.namespace), name: options.service };
    const sessions = await openEach(config, names, options, io);
    const contextOf = (name: string) => sessions.find(({ status }) => status.name === name)?.status.context ?? name;
    const reporter = makeReporter({ io, key, contextOf, progress: options.progress, color: options.color });
    try {
      const { candidates, silent } = await identify(sessions, key, {
        deadlineMs: options.deadlineMs,
        signal: io.signal,
      });
      if (io.signal.aborted) return stopBefore(io, reporter);
      const recalled = recallMove(verb, key, candidates, silent);
      return await drive(verb, { ...recalled, key, options, io, reporter });
    } catch (error) {
      if (io.signal.aborted) return stopBefore(io, reporter);
      throw error;
    } finally {
      await closeSessions(sessions);
    }
  };
}

/** Who each context leads to, and what is noted there. One that does not answer is silent, which need not matter. */
async function identify(
  sessions: readonly Session[],
  key: ServiceKey,
  call: { deadlineMs: number; signal: AbortSignal },
) {
  const candidates: Candidate[] = [];
  const silent: Session[] = [];
  const read = async (session: Session) => {
    const { access, status } = session;
    if (!access || !status.reachable) return void silent.push(session);
    try {
      const [uid, service] = await Promise.all([
        readClusterUid(access.client, call),
        getIfExists<Service>(access.client, services.one(key.namespace, key.name), call),
      ]);
      candidates.push({ session, uid, note: noteOf(service) });
    } catch (error) {
      silent.push({ ...session, status: { ...status, problem: describeProblem(error) } });
    }
  };
  await Promise.all(sessions.map(read));
  return { candidates, silent };
}

function drive(verb: RecallVerb, found: Found): Promise<ExitCode> {
  if (verb === "abort") return abort(found);
  return verb === "rollback" || found.note.phase === "rollback" ? rollBack(found) : resume(found);
}

/** One that is done has its promise told again, as long as it holds: a run may have been stopped just before it said so. */
async function resume({ key, options, sessions, io, reporter, note }: Found): Promise<ExitCode> {
  if (note.phase === "done") {
    const call = { deadlineMs: options.deadlineMs, signal: io.signal };
    const pair = { key, from: note.from.name, to: note.to.name, strategy: note.strategy };
    const stage = findStage(pair, await readSituation(sessions, key, call, io.now));
    if (stage !== "drain") throw refuseOver(note, key, "something else was declared since, and nothing is left to do");
  }
  const [from, to, ...others] = sessions.map(({ status }) => status.context);
  const asked = {
    ...options,
    from: from ?? note.from.name,
    to: to ?? note.to.name,
    others,
    strategy: undefined,
    selector: undefined,
    adopt: false,
    dryRun: "none" as const,
    output: undefined,
  };
  return goOnWith(asked, sessions, key, io, reporter);
}

async function rollBack(found: Found): Promise<ExitCode> {
  const { key, options, sessions, io, reporter, note } = found;
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const [fromSession, toSession] = sessions;
  if (!fromSession || !toSession) throw new Error("two sessions were found");
  const inquiry = { clock: io.clock, now: io.now, signal: io.signal, call };
  const [situation, from, to] = await Promise.all([
    readSituation(sessions, key, call, io.now),
    inquire(fromSession, key.namespace, key.name, inquiry),
    inquire(toSession, key.namespace, key.name, inquiry),
  ]);
  const service = situation.views.get(note.from.name)?.service;
  const pods = await countPods(fromSession, key.namespace, service && effectiveSelector(service), call);
  const minReady = options.minReady ?? String(Math.max(1, note.before.from.ready));
  const back: Return = { key, from: note.from.name, to: note.to.name, ticket: ticketOf(note), note, minReady };
  const checks = checkReturn(back, { from, to, situation, readyPods: pods?.ready });
  const plan = planReturn(back, options.settleMs);
  const head = (paint: Paint) => [
    ...renderReturnHead({ key, what: "Roll back" }, to, from, paint),
    renderBegun(note.id, note.by, io.now() - note.started),
  ];
  reporter.preview({ head, checks, plan });
  const refused = refuseByChecks(checks, reporter);
  if (refused !== undefined) return refused;
  if (io.signal.aborted) return stopBefore(io, reporter);
  const answer = options.yes ? undefined : await askConsent(key.name, "roll back", io, reporter);
  if (answer !== undefined) return answer;
  return carryOut(workOfReturn(back, plan, situation, found), io, reporter);
}

function workOfReturn(back: Return, plan: Work["plan"], situation: Situation, { key, options, sessions }: Found): Work {
  return {
    key,
    drive: { decide: (now) => decideReturn(back, now), ticket: back.ticket, phase: "rollback" },
    plan,
    options,
    sessions,
    situation,
    goOn: verbCommand("rollback", key, sessions, options),
    describe: ({ views }, _idle, took) => {
      const view = views.get(back.from);
      const ready = view?.service ? countReady(view.slices, view.service) : 0;
      const many = `${ready} endpoint${ready === 1 ? "" : "s"}`;
      return `Rolled back in ${took}: ${back.from} serves ${key.namespace}/${key.name} with ${many}, as before the move ${back.note.id}.`;
    },
  };
}

async function abort({ key, options, sessions, io, reporter, note, lost }: Found): Promise<ExitCode> {
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const pair = { key, from: note.from.name, to: note.to.name, ticket: ticketOf(note) };
  const situation = await readSituation(sessions, key, call, io.now);
  const there = [pair.from, pair.to].filter((name) => situation.views.has(name));
  const where = there.length > 1 ? "both" : there.join("");
  const plan = [{ step: "claim" as const, text: "note that the move is given up", where, undo: "migrate resume" }];
  const modes = there.map((name) => {
    const service = situation.views.get(name)?.service;
    return `${name} stays ${(service && annotation(service, MODE)) ?? "without a mode"}`;
  });
  const head = (paint: Paint) => [
    paint.bold(`Abort ${note.id}: ${key.namespace}/${key.name}   ${pair.from} ${paint.signs.arrow} ${pair.to}`),
    `  whoever drives it stops; ${modes.join(", ")}; rollback would make all as before`,
    ...(lost === undefined ? [] : [paint.warn(`  noted in ${where} alone: ${lost}`)]),
  ];
  reporter.preview({ head, checks: [], plan });
  const answer = options.yes ? undefined : await askConsent(key.name, "abort its move", io, reporter);
  if (answer !== undefined) return answer;
  const work: Work = {
    key,
    drive: { decide: (now) => decideAbort(pair, now), ticket: pair.ticket, phase: "aborted" },
    plan,
    options: { ...options, settleMs: 0 },
    sessions,
    situation,
    goOn: verbCommand("abort", key, sessions, options),
    describe: () => `Aborted ${note.id}: ${modes.join(", ")}.`,
  };
  return carryOut(work, io, reporter);
}
