/** `kubectl syndicate check`. */
import { withClusters } from "../clusters/look.ts";
import type { Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Inquiry } from "../migrate/inquire.ts";
import { isWide, printData, readDataOptions, renderLines } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { edgeOf, wrapLines } from "../render/wrap.ts";
import { collectServices } from "../status/collect.ts";
import { checkBetween } from "./between.ts";
import { checkCluster } from "./checks.ts";
import type { SyncFacts } from "./facts.ts";
import { inspectCluster } from "./inquiry.ts";
import { countChecks, type Group, renderReport } from "./rendering.ts";

/** Checks every cluster and how they fit together; exit 2 if something is wrong. */
export async function runCheck(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  return withClusters(values, io, async ({ sessions, call, options }) => {
    const inquiry: Inquiry = { clock: io.clock, now: io.now, signal: io.signal, call };
    const [facts, sync] = await Promise.all([
      Promise.all(sessions.map((session) => inspectCluster(session, inquiry))),
      readSync(sessions, inquiry),
    ]);
    const groups: Group[] = facts.map((one) => ({
      title: `${one.status.name} (context ${one.status.context}${one.status.server ? `, ${one.status.server}` : ""})`,
      checks: checkCluster(one, io.now()),
    }));
    if (facts.length > 1) groups.push({ title: "between clusters", checks: checkBetween(facts, sync) });
    const counts = countChecks(groups);
    if (format) {
      printData("CheckReport", { ...counts, groups }, format, io);
    } else {
      const lines = renderReport(groups, choosePaint(io, io.stdout, options.color), isWide(values));
      io.stdout.write(renderLines(wrapLines(lines, edgeOf(io.stdout))));
    }
    return counts.failed ? EXIT.badAnswer : EXIT.done;
  });
}

/** Undefined if the Services could not be read. */
async function readSync(sessions: readonly Session[], { call, now }: Inquiry): Promise<SyncFacts | undefined> {
  try {
    const { services } = await collectServices(
      sessions,
      { namespace: undefined, labelSelector: undefined },
      call,
      now(),
    );
    const bad = services.filter(({ inSync }) => !inSync);
    return {
      total: services.length,
      bad: bad.map(({ namespace, name, sync }) => ({ service: `${namespace}/${name}`, reason: sync })),
    };
  } catch {
    return undefined;
  }
}
