/** Carries a move through: look, decide, act, until it has arrived and nothing has changed for the settle time. */
import { classifyError } from "../../shared/kube/api-error.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { CliError } from "../exit.ts";
import type { Move, StepName } from "./move.ts";
import { type Annotations, decideNext, type Next } from "./progress.ts";
import type { Situation, Wait } from "./situation.ts";

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
  /** Milliseconds without a change, of those wanted. */
  | { kind: "settling"; quietMs: number };

export interface MoveLimits {
  /** Milliseconds for everything; 0: none. */
  timeoutMs: number;
  settleMs: number;
  /** Milliseconds between two looks. */
  pollMs: number;
}

export type Outcome =
  /** `idle`: it had arrived before this run began. */
  { kind: "arrived"; idle: boolean } | { kind: "timedOut" | "interrupted"; step: StepName; waits: readonly Wait[] };

/** What a run remembers between two looks; none of it decides what to do next. */
interface Memory {
  step: StepName;
  waits: readonly Wait[];
  written: Set<StepName>;
  /** Nothing was written or waited for so far. */
  idle: boolean;
  /** Since when no slice has changed. */
  quiet?: { fingerprint: string; since: number };
}

/** Runs a move. Rejects with `CliError` if somebody else declares something meanwhile, with `ApiError` if a write is refused. */
export async function runMove(move: Move, ports: MovePorts, limits: MoveLimits): Promise<Outcome> {
  const { clock, signal } = ports;
  const until = limits.timeoutMs === 0 ? Number.POSITIVE_INFINITY : clock.now() + limits.timeoutMs;
  let memory: Memory | undefined;
  for (;;) {
    const next = decideNext(move, await ports.read());
    const isNewStep = memory?.step !== stepOf(next);
    memory = remember(next, memory, clock.now());
    const { step, waits, written, quiet } = memory;
    if (signal.aborted) return { kind: "interrupted", step, waits };
    announce(next, step, isNewStep, ports);
    if (quiet && settled(quiet.since, ports, limits)) return { kind: "arrived", idle: memory.idle };
    if (next.kind === "write" && (await act(next, written, ports))) continue;
    if (clock.now() >= until) return { kind: "timedOut", step, waits };
    await sleep(clock, limits.pollMs, signal);
  }
}

function remember(next: Next, before: Memory | undefined, now: number): Memory {
  const memory = {
    step: stepOf(next),
    waits: next.kind === "wait" ? next.waits : [],
    written: before?.written ?? new Set<StepName>(),
    idle: (before?.idle ?? true) && next.kind === "arrived",
  };
  if (next.kind !== "arrived") return memory;
  const { fingerprint } = next;
  return { ...memory, quiet: before?.quiet?.fingerprint === fingerprint ? before.quiet : { fingerprint, since: now } };
}

function announce(next: Next, step: StepName, isNew: boolean, { onEvent }: MovePorts): void {
  if (isNew) onEvent({ kind: "step", step });
  if (next.kind === "wait") onEvent({ kind: "waiting", step, waits: next.waits });
}

function settled(since: number, { clock, onEvent }: MovePorts, { settleMs }: MoveLimits): boolean {
  const quietMs = clock.now() - since;
  onEvent({ kind: "settling", quietMs });
  return quietMs >= settleMs;
}

function stepOf(next: Next): StepName {
  return next.kind === "arrived" ? "settle" : next.step;
}

/** Makes one write; false if somebody else changed the Service first, then it is looked at anew. */
async function act(next: Next & { kind: "write" }, written: Set<StepName>, ports: MovePorts): Promise<boolean> {
  const { step, cluster, service, annotations } = next;
  if (written.has(step)) {
    // Our own declaration is gone: writing it again would be a tug of war with whoever replaced it.
    const { namespace, name } = service.metadata;
    const message = `somebody changed ${namespace}/${name} in ${cluster} meanwhile: what this move had set there is gone`;
    throw new CliError(message, { next: `kubectl syndicate status ${name} -n ${namespace}` });
  }
  try {
    await ports.write(cluster, service, annotations);
  } catch (error) {
    if (isPassing(error)) return false;
    throw error;
  }
  written.add(step);
  ports.onEvent({ kind: "wrote", step, cluster });
  return true;
}

/** Conflicts and outages pass; whatever was written is seen at the next look. */
function isPassing(error: unknown): boolean {
  return ["conflict", "throttled", "unavailable"].includes(classifyError(error));
}
