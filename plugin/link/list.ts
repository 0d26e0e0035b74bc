/** `kubectl syndicate links`. */
import type { CallOptions } from "../../shared/kube/client.ts";
import { withClusters } from "../clusters/look.ts";
import { describeProblem } from "../clusters/problem.ts";
import type { Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { printData, readDataOptions, renderLines } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { type LinkStatus, renderLinks } from "./link-status.ts";
import { readLinks } from "./links.ts";

/** Prints every link of every cluster; exit 1 if a cluster could not be asked. */
export async function runLinks(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  return withClusters(values, io, async ({ sessions, call, options }) => {
    const read = await Promise.all(sessions.map((session) => askCluster(session, call)));
    const links = read.flatMap((one) => one.links);
    const problems = read.flatMap((one) => one.problem ?? []);
    if (format) {
      printData("LinkList", { items: links }, format, io);
    } else if (links.length) {
      const lines = renderLinks(links, choosePaint(io, io.stdout, options.color), !values["no-headers"], io.now());
      io.stdout.write(renderLines(lines));
    } else tell(io, "No cluster reads another one.", "next:  kubectl syndicate link PEER --context CONTEXT --mutual");
    tell(io, ...problems);
    return problems.length ? EXIT.error : EXIT.done;
  });
}

async function askCluster(
  { status, access, ...session }: Session,
  call: CallOptions,
): Promise<{ links: LinkStatus[]; problem?: string }> {
  const where = `(context ${status.context}${status.server ? `, ${status.server}` : ""})`;
  if (!access || !status.reachable) return { links: [], problem: `${status.name}: ${status.problem} ${where}` };
  try {
    return { links: await readLinks({ status, ...session }, access, call) };
  } catch (error) {
    return { links: [], problem: `${status.name}: its links cannot be read: ${describeProblem(error)} ${where}` };
  }
}
