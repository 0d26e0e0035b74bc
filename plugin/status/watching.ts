/** `status -w` and `status --for`: looks again and again, and shows what changed. */
import { sleep } from "../../shared/kube/clock.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode, stopCode } from "../exit.ts";
import { type Io, type Output, tell } from "../io.ts";
import { choosePaint } from "../render/paint.ts";
import { printable } from "../render/printable.ts";
import { fitRows, openRegion } from "../render/region.ts";
import { renderNotes } from "../render/status-list.ts";
import type { ServiceStatus, StatusModel } from "./model.ts";
import type { StatusOptions } from "./options.ts";
import { printStatus, renderStatus } from "./printing.ts";
import { isGranted, type Wish } from "./wish.ts";

/** Between two looks; a look that takes long is followed by a pause four times as long, so that servers are not busy with us. */
const PAUSE_MS = 500;
const PAUSE_TO_LOOK = 4;

/** Until Ctrl-C (130), what is waited for (0), or the end of the time (3). */
export async function follow(collect: () => Promise<StatusModel>, options: StatusOptions, io: Io): Promise<ExitCode> {
  const view = options.watch ? openView(options, io) : undefined;
  const deadline = deadlineOf(options, io);
  for (;;) {
    const started = io.clock.now();
    const model = await collect();
    if (io.signal.aborted) return stopCode(io);
    view?.show(model);
    const now = io.clock.now();
    const end = findEnd(model, options.wish, now >= deadline);
    if (end !== undefined) {
      if (!view && model.services.length > 0) printStatus(model, options, io);
      if (end === EXIT.timedOut) tellLate(options, io);
      return end;
    }
    const pause = Math.max(PAUSE_MS, PAUSE_TO_LOOK * (now - started));
    await sleep(io.clock, Math.min(pause, deadline - now), io.signal);
  }
}

function findEnd(model: StatusModel, wish: Wish | undefined, late: boolean): ExitCode | undefined {
  if (wish && isGranted(wish, model)) return EXIT.done;
  return late ? EXIT.timedOut : undefined;
}

function deadlineOf({ wish, timeoutMs }: StatusOptions, { clock }: Io): number {
  return wish && timeoutMs > 0 ? clock.now() + timeoutMs : Number.POSITIVE_INFINITY;
}

function tellLate({ service, namespace, timeoutMs, wish }: StatusOptions, io: Io): void {
  const what = service === undefined ? "the Services" : `${namespace}/${service}`;
  tell(io, `error: timed out after ${formatDuration(timeoutMs)} waiting for ${what} to be ${wish?.text}`);
  tell(io, "next:  the same command waits on; --timeout changes for how long");
}

interface View {
  show(model: StatusModel): void;
}

function openView(options: StatusOptions, io: Io): View {
  const tree = options.service !== undefined && options.format.kind === "table";
  return tree ? openTree(options, io) : openList(options, io);
}

/** One Service: redrawn in place on a terminal, printed anew at each change elsewhere. */
function openTree(options: StatusOptions, io: Io): View {
  let last = "";
  const region = openRegion(io.stdout);
  return {
    show(model) {
      const notes = renderNotes({ ...model, services: [] }, choosePaint(io, io.stdout, options.color), "");
      const known = model.services.length > 0 ? renderStatus(model, options, io).trimEnd().split("\n") : [];
      const lines = [
        ...(known.length > 0 ? known : [`no Service ${options.namespace}/${options.service} yet`]),
        ...notes,
      ];
      const text = printable(lines.join("\n"));
      if (text === last) return;
      const again = last !== "";
      last = text;
      if (!io.stdout.isTTY) return io.stdout.write(`${again ? "\n" : ""}${text}\n`);
      const { ellipsis } = choosePaint(io, io.stdout, options.color).signs;
      region(trim(text.split("\n"), io.stdout, ellipsis));
    },
  };
}

/** The top is what matters: what does not fit is cut off below. */
function trim(lines: readonly string[], { columns, rows = 24 }: Output, ellipsis: string): readonly string[] {
  if (fitRows(lines, { columns, rows }).length === lines.length) return lines;
  const shown = fitRows(lines, { columns, rows: rows - 1 });
  return [...shown, `${ellipsis} ${lines.length - shown.length} more lines`];
}

/** Many Services: first all of them, then a line for each that changed, as `kubectl get -w` does. */
function openList(options: StatusOptions, io: Io): View {
  const seen = new Map<string, string>();
  const widths: number[] = [];
  let first = true;
  let noted = "";
  return {
    show(model) {
      const changed = model.services.filter((service) => isNew(seen, service));
      const print = changed.length > 0 && !(first && options.watchOnly);
      if (print) io.stdout.write(renderChanges({ ...model, services: changed }, options, { first, widths }, io));
      const notes = renderNotes({ ...model, services: [] }, choosePaint(io, io.stderr, options.color), "");
      if (notes.join("\n") !== noted) tell(io, ...notes);
      noted = notes.join("\n");
      first = false;
    },
  };
}

function isNew(seen: Map<string, string>, service: ServiceStatus): boolean {
  const [id, text] = [`${service.namespace}/${service.name}`, JSON.stringify(service)];
  if (seen.get(id) === text) return false;
  seen.set(id, text);
  return true;
}

/** JSON and YAML as a stream of objects, one line or one document each. */
function renderChanges(
  model: StatusModel,
  options: StatusOptions,
  { first, widths }: { first: boolean; widths: number[] },
  io: Io,
): string {
  const { format, headers } = options;
  const each = (one: ServiceStatus) =>
    renderStatus({ ...model, services: [one] }, { ...options, service: one.name }, io);
  if (format.kind === "json") {
    return model.services.map((one) => `${JSON.stringify(JSON.parse(each(one)))}\n`).join("");
  }
  if (format.kind === "yaml") return model.services.map((one) => `---\n${each(one)}`).join("");
  if ("template" in format) return model.services.map(each).join("");
  return renderStatus(model, { ...options, headers: headers && first }, io, widths);
}
