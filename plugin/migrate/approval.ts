/** Shows what would be done and obtains the user's consent, or a reason not to go on. */

import { MODE } from "../../shared/keys.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { renderChecks, renderMoveHead, renderPlan } from "../render/migration.ts";
import { choosePaint } from "../render/paint.ts";
import type { Check } from "./facts.ts";
import { planMove } from "./plan.ts";
import { annotate } from "./ports.ts";
import { declaration, findStage, preparation } from "./progress.ts";
import type { Undertaking } from "./undertaking.ts";

/** Undefined: go on. Otherwise the exit code to end with. */
export async function approve(
  undertaking: Undertaking,
  checks: readonly Check[],
  io: Io,
): Promise<ExitCode | undefined> {
  const { move, options, facts } = undertaking;
  showPlan(undertaking, checks, io);
  const failed = checks.filter(({ state }) => state === "fail");
  if (failed.length) {
    tell(io, "", `error: refused, nothing was written: ${failed.length} of ${checks.length} checks failed`);
    return EXIT.refused;
  }
  if (options.dryRun === "client") {
    io.stdout.write("\nDry run: nothing was sent.\n");
    return EXIT.done;
  }
  if (options.dryRun === "server") {
    await rehearse(undertaking, io);
    return EXIT.done;
  }
  // Nothing is left to write: there is nothing to consent to.
  if (findStage(move, facts.situation) === "drain" || options.yes) return undefined;
  return askConsent(move.key.name, io);
}

function showPlan({ move, options, facts }: Undertaking, checks: readonly Check[], io: Io): void {
  const output = options.dryRun === "none" ? io.stderr : io.stdout;
  const paint = choosePaint(io, output, options.color);
  const lines = [
    ...renderMoveHead(move, facts.from, facts.to, paint),
    "",
    ...renderChecks(checks, paint),
    "",
    ...renderPlan(planMove(move, formatDuration(options.settleMs)), paint),
  ];
  output.write(lines.map((line) => `${line}\n`).join(""));
}

async function askConsent(name: string, io: Io): Promise<ExitCode | undefined> {
  if (!io.canAsk) {
    tell(io, "", "error: refused, nothing was written: nobody can be asked here; give --yes to consent beforehand");
    return EXIT.refused;
  }
  const answer = await io.ask("\nType the name of the Service to start: ");
  if (io.signal.aborted) return io.signal.reason === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
  if (answer?.trim() === name) return undefined;
  tell(io, "Not started, nothing was written.");
  return EXIT.refused;
}

/** Every write of the move, checked by both API servers and their webhooks, and not kept. Rejects with the first refusal. */
async function rehearse({ move, options, sessions, facts }: Undertaking, io: Io): Promise<void> {
  const [from, to] = sessions;
  const { views } = facts.situation;
  const [fromService, toService] = [views.get(move.from)?.service, views.get(move.to)?.service];
  const call = { deadlineMs: options.deadlineMs, signal: io.signal, dryRun: true };
  const stage = findStage(move, facts.situation);
  if (stage === "declare" && fromService && toService) {
    await annotate(to, toService, preparation(move), call);
    await annotate(from, fromService, declaration(move, fromService), call);
  }
  if (stage !== "drain" && move.strategy === "union" && toService) {
    await annotate(to, toService, { [MODE]: "source", ...preparation(move) }, call);
  }
  io.stdout.write("\nDry run: both API servers accepted every write and kept none.\n");
}
