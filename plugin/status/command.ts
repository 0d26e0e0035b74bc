/** `kubectl syndicate status [SERVICE]`. */

import { type Look, withClusters } from "../clusters/look.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { sortBy } from "../output/sorting.ts";
import { itemDocument } from "../render/document.ts";
import { collectService, collectServices } from "./collect.ts";
import type { StatusModel } from "./model.ts";
import { readStatusOptions, type StatusOptions } from "./options.ts";
import { printStatus } from "./printing.ts";
import { follow } from "./watching.ts";

/**
 * Prints the answer; exit 1 if a cluster did not answer, 2 with `--exit-code` if a Service is not in sync, 3 if what `--for`
 * waits for did not come in time.
 */
export async function runStatus(values: Values, io: Io): Promise<ExitCode> {
  // What the call asks for is judged before any cluster is spoken to.
  readStatusOptions(values, { contextFlags: "", color: "auto", namespace: "" });
  return withClusters(values, io, async (look) => {
    const { contextFlags, namespace, options: globals } = look;
    const options = readStatusOptions(values, { contextFlags, color: globals.color, namespace });
    if (options.watch || options.wish) return followAll(look, options, io);
    const model = await collectModel(look, options, io);
    printStatus(model, options, io);
    return judgeExit(model, options);
  });
}

/** Looks again and again; a cluster that could not be reached is tried anew each time. */
async function followAll(look: Look, options: StatusOptions, io: Io): Promise<ExitCode> {
  let sessions = look.sessions;
  const reopened: Session[] = [];
  const reopen = async (session: Session) => {
    if (session.access) return session;
    const [again = session] = await openSessions(look.config, [session.status.context], look.options, io);
    if (again.access) reopened.push(again);
    return again;
  };
  try {
    return await follow(
      async () => {
        sessions = await Promise.all(sessions.map(reopen));
        return collectModel({ ...look, sessions }, options, io);
      },
      options,
      io,
    );
  } finally {
    await closeSessions(reopened);
  }
}

async function collectModel({ sessions, call }: Look, options: StatusOptions, io: Io): Promise<StatusModel> {
  const { service, namespace, labelSelector } = options;
  if (service !== undefined) {
    return collectService(sessions, { namespace: namespace ?? "default", name: service }, call, io.now());
  }
  const model = await collectServices(sessions, { namespace, labelSelector }, call, io.now());
  if (options.sortBy === undefined) return model;
  const sorted = sortBy(
    model.services.map((status) => ({ status, ...itemDocument(status) })),
    options.sortBy,
  );
  return { ...model, services: sorted.map(({ status }) => status) };
}

/** The exit code of an answer that was given. */
export function judgeExit(model: StatusModel, options: StatusOptions): ExitCode {
  if (model.clusters.some(({ reachable }) => !reachable)) return EXIT.error;
  return options.exitCode && model.services.some(({ inSync }) => !inSync) ? EXIT.badAnswer : EXIT.done;
}
