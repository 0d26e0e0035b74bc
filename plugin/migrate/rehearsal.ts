/** Every write of a move, checked by both API servers and their webhooks, and not kept. */
import { MIGRATION, MODE } from "../../shared/keys.ts";
import type { CallOptions } from "../../shared/kube/client.ts";
import { formatMigration } from "../../shared/migration.ts";
import type { Session } from "../clusters/session.ts";
import type { Move } from "./move.ts";
import { wantNote } from "./note.ts";
import { annotate } from "./ports.ts";
import { declaration, findStage, preparation } from "./progress.ts";
import type { Situation } from "./situation.ts";

/** Rejects with the first refusal. */
export async function rehearse(
  move: Move,
  sessions: readonly Session[],
  situation: Situation,
  call: CallOptions,
): Promise<void> {
  const [from, to] = sessions;
  const { views } = situation;
  const [fromService, toService] = [views.get(move.from)?.service, views.get(move.to)?.service];
  const options = { ...call, dryRun: true };
  const stage = findStage(move, situation);
  const note = { [MIGRATION]: formatMigration(wantNote(move, views, stage !== "declare")) };
  if (stage === "declare" && fromService && toService) {
    await annotate(to, toService, { ...preparation(move), ...note }, options);
    await annotate(from, fromService, { ...declaration(move, fromService), ...note }, options);
  }
  if (stage !== "drain" && move.strategy === "union" && toService) {
    await annotate(to, toService, { [MODE]: "source", ...preparation(move) }, options);
  }
}
