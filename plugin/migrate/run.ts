/** Carries a move through, or back: look, decide, act, until it has arrived and nothing has changed for the settle time. */
import { classifyError } from "../../shared/kube/api-error.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { isOpen, type Migration } from "../../shared/migration.ts";
import { describeProblem, isPassing } from "../clusters/problem.ts";
import { CliError } from "../exit.ts";
import type { StepName, Ticket } from "./move.ts";
import { findNote } from "./note.ts";
import type { Annotations, Next, Situation, Wait, Write } from "./situation.ts";

/** What a running move does to the world. */
export interface MovePorts {
  /** Looks at all clusters; one that does not answer is unread in the result. */
  read(): Promise<Situation>;
  /** Sets annotations in one patch that fails if the Service changed since it was read. Rejects with `ApiError`. */
  write(cluster: string, service: Service, annotations: Annotations): Promise<void>;
  clock: Clock;
  /** Aborted when the user wants us to stop. */
  signal: AbortSignal;
  onEvent(event: MoveEvent): void;
}

export type MoveEvent =
  | { kind: "step"; step: StepName }
  | { kind: "wrote"; step: StepName; cluster: string }
  | { kind: "waiting"; step: StepName; waits: readonly Wait[] }
  /** Only time is waited for: milliseconds left. */
  | { kind: "holding"; step: StepName; leftMs: number }
  /** Milliseconds without a change, of those wanted. */
  | { kind: "settling"; quietMs: number };

export interface MoveLimits {
  /** Milliseconds for everything but the time that both shall serve; 0: none. */
  timeoutMs: number;
  settleMs: number;
  /** Milliseconds between two looks. */
  pollMs: number;
}

/** What is driven: the decision, and the note by which others know. */
export interface Drive {
  decide(situation: Situation): Next;
  ticket: Ticket;
  /** The phase this drive notes. */
  phase: "running" | "rollback" | "aborted";
}

export type Outcome =
  /** `idle`: it had arrived before this run began. */
  | { kind: "arrived"; idle: boolean }
  | { kind: "timedOut" | "interrupted"; step: StepName; waits: readonly Wait[] }
  /**
   * Somebody else has said so meanwhile; `gone`: the note of the move has been taken away; `other`: another move is open that
   * was there first. `step` is absent if it ended before it did anything.
   */
  | { kind: "ended"; step?: StepName; by: "resume" | "rollback" | "abort" | "gone" | "other" };

/** What a run remembers between two looks; none of it decides what to do next. */
interface Memory {
  step: StepName;
  waits: readonly Wait[];
  /** How often each step was written in each cluster. */
  written: Map<string, number>;
  /** Nothing was written or waited for so far. */
  idle: boolean;
  /** Since when no slice has changed. */
  quiet?: { fingerprint: string; since: number };
  /** The newest version of the note that speaks of this drive. */
  noted: number | undefined;
}

/** Runs a drive. Rejects with `CliError` if somebody else declares something meanwhile, with `ApiError` if a write is refused. */
export async function runMove(drive: Drive, ports: MovePorts, limits: MoveLimits): Promise<Outcome> {
  const { clock, signal } = ports;
  let until = limits.timeoutMs === 0 ? Number.POSITIVE_INFINITY : clock.now() + limits.timeoutMs;
  let memory: Memory | undefined;
  for (;;) {
    const began = clock.now();
    const situation = await ports.read();
    const early = endEarly(drive, situation, memory, signal);
    if (early) return early;
    const next = drive.decide(situation);
    const isNewStep = memory?.step !== stepOf(next);
    memory = remember(next, memory, clock.now(), noteSeen(drive, situation, memory));
    if (signal.aborted) return stopped("interrupted", memory);
    announce(next, memory.step, isNewStep, ports);
    const turn = await takeTurn(next, memory, ports, limits);
    if (turn === "arrived") return { kind: "arrived", idle: memory.idle };
    if (turn === "wrote") continue;
    if (clock.now() >= until) return stopped("timedOut", memory);
    await sleep(clock, limits.pollMs, signal);
    // Time that was asked for is not time that is lost.
    if (isHold(next)) until += clock.now() - began;
  }
}

function isHold(next: Next): boolean {
  return next.kind === "wait" && next.leftMs !== undefined;
}

function stopped(kind: "timedOut" | "interrupted", { step, waits }: Memory): Outcome {
  return { kind, step, waits };
}

function endEarly(
  drive: Drive,
  situation: Situation,
  memory: Memory | undefined,
  signal: AbortSignal,
): Outcome | undefined {
  // What was read while stopping may be half an answer: the look before is told.
  if (signal.aborted && memory) return stopped("interrupted", memory);
  const by = findEnding(drive, situation, memory);
  return by && { kind: "ended", by, ...(memory ? { step: memory.step } : {}) };
}

/** Writes what is to be written now: the next step, or what closes a move that has come to rest. */
async function takeTurn(
  next: Next,
  memory: Memory,
  ports: MovePorts,
  limits: MoveLimits,
): Promise<"arrived" | "wrote" | "waits"> {
  const { quiet, step } = memory;
  const done = quiet !== undefined && settled(quiet.since, ports, limits);
  const closing = next.kind === "arrived" && done ? next.closing : undefined;
  const write = next.kind === "write" ? next : closing;
  if (!write) return done ? "arrived" : "waits";
  const made = await act(write, memory.written, ports);
  if (typeof made === "string") return made;
  // A write that could not be made is waited for like anything else, and told.
  memory.waits = [made];
  ports.onEvent({ kind: "waiting", step, waits: memory.waits });
  return "waits";
}

/** Who has ended the drive, told from the note alone. */
function findEnding({ ticket, phase }: Drive, { views }: Situation, memory: Memory | undefined) {
  if ([...views.values()].some(({ listed }) => !listed)) return undefined;
  const note = findNote(views);
  // A rollback takes the note away itself, as its last write.
  if (!note) return memory?.noted !== undefined && phase === "running" ? ("gone" as const) : undefined;
  if (note.id !== ticket.id) {
    if (!isOpen(note)) return undefined;
    // Whoever noted theirs first has the Service, whenever they began: ours is not to be written over it.
    if (memory?.noted === undefined) return "other" as const;
    return note.started > ticket.started ? ("gone" as const) : undefined;
  }
  // Until a rollback or an abort is noted, another driver's notes do not count against it.
  const known = memory?.noted ?? (phase === "running" ? ticket.revision : Number.POSITIVE_INFINITY);
  return note.revision > known ? endingOf(note, phase) : undefined;
}

function endingOf(note: Migration, phase: Drive["phase"]) {
  if (note.phase === phase || note.phase === "done") return undefined;
  const ENDINGS = { running: "resume", rollback: "rollback", aborted: "abort" } as const;
  return ENDINGS[note.phase];
}

function noteSeen({ ticket, phase }: Drive, { views }: Situation, memory: Memory | undefined): number | undefined {
  const note = findNote(views);
  return note?.id === ticket.id && note.phase === phase ? note.revision : memory?.noted;
}

function remember(next: Next, before: Memory | undefined, now: number, noted: number | undefined): Memory {
  const memory = {
    step: stepOf(next),
    waits: next.kind === "wait" ? next.waits : [],
    written: before?.written ?? new Map<string, number>(),
    idle: (before?.idle ?? true) && next.kind === "arrived",
    noted,
  };
  // The notes that close a move change no slice: they do not begin the settle time anew.
  if (next.kind === "write" && next.step === "settle" && before?.quiet) return { ...memory, quiet: before.quiet };
  if (next.kind !== "arrived") return memory;
  const { fingerprint } = next;
  return { ...memory, quiet: before?.quiet?.fingerprint === fingerprint ? before.quiet : { fingerprint, since: now } };
}

function announce(next: Next, step: StepName, isNew: boolean, { onEvent }: MovePorts): void {
  if (isNew) onEvent({ kind: "step", step });
  if (next.kind !== "wait") return;
  if (next.leftMs === undefined) onEvent({ kind: "waiting", step, waits: next.waits });
  else onEvent({ kind: "holding", step, leftMs: next.leftMs });
}

function settled(since: number, { clock, onEvent }: MovePorts, { settleMs }: MoveLimits): boolean {
  const quietMs = clock.now() - since;
  onEvent({ kind: "settling", quietMs });
  return quietMs >= settleMs;
}

function stepOf(next: Next): StepName {
  return next.kind === "arrived" ? "settle" : next.step;
}

/** Steps that declare a mode: each is said once. The others only note, and may have to be said again. */
const DECLARING: readonly StepName[] = ["declare", "source", "takeBack", "restoreMode"];
const MAX_NOTES = 5;

/** Makes one write; `waits` if somebody else changed the Service first, then it is looked at anew; a wait if it failed for now. */
async function act(write: Write, written: Map<string, number>, ports: MovePorts): Promise<"wrote" | "waits" | Wait> {
  const { step, cluster, service, annotations } = write;
  const id = `${step}/${cluster}`;
  const times = written.get(id) ?? 0;
  if (times >= (DECLARING.includes(step) ? 1 : MAX_NOTES)) {
    // Our own words are gone: writing them again would be a tug of war with whoever replaced them.
    const { namespace, name } = service.metadata;
    const message = `somebody changed ${namespace}/${name} in ${cluster} meanwhile: what this move had set there is gone`;
    throw new CliError(message, { next: `kubectl syndicate status ${name} -n ${namespace}` });
  }
  try {
    await ports.write(cluster, service, annotations);
  } catch (error) {
    if (classifyError(error) === "conflict") return "waits";
    // Whatever was written all the same is seen at the next look.
    if (isPassing(error)) return { cluster, message: `cannot be written now: ${describeProblem(error)}` };
    throw error;
  }
  written.set(id, times + 1);
  ports.onEvent({ kind: "wrote", step, cluster });
  return "wrote";
}
