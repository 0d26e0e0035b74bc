/** `kubectl syndicate events SERVICE`. */
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { type Look, withClusters } from "../clusters/look.ts";
import { describeProblem } from "../clusters/problem.ts";
import type { Values } from "../command-line.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { textOf } from "../options.ts";
import { printData, readDataOptions, renderLines } from "../output/data.ts";
import { choosePaint } from "../render/paint.ts";
import { type CoreEvent, joinEvents, type ServiceEvent } from "./model.ts";
import { renderEvents } from "./rendering.ts";

/** Prints the Events of all clusters in order of time; exit 1 if a cluster did not answer. */
export async function runEvents(values: Values, io: Io): Promise<ExitCode> {
  const format = readDataOptions(values);
  return withClusters(values, io, async (look) => {
    const key = { namespace: look.namespace, name: textOf(values, "service") ?? "" };
    const { events, problems } = await readEvents(look, key);
    if (format) {
      printData("ServiceEventList", { ...key, items: events }, format, io);
    } else if (events.length) {
      const paint = choosePaint(io, io.stdout, look.options.color);
      const lines = renderEvents(events, paint, { headers: !values["no-headers"], now: io.now() });
      io.stdout.write(renderLines(lines));
    } else tell(io, `No Events about ${key.namespace}/${key.name}; clusters forget them after an hour.`);
    tell(io, ...problems);
    return problems.length ? EXIT.error : EXIT.done;
  });
}

interface Found {
  events: ServiceEvent[];
  problems: string[];
}

async function readEvents({ sessions, call }: Look, key: { namespace: string; name: string }): Promise<Found> {
  const problems: string[] = [];
  const lists = await Promise.all(
    sessions.map(async ({ access, status }) => {
      if (!access) {
        problems.push(`${status.name}: ${status.problem} (context ${status.context})`);
        return { cluster: status.name, events: [] };
      }
      try {
        return { cluster: status.name, events: await listEvents(access.client, key, call) };
      } catch (error) {
        problems.push(`${status.name}: ${describeProblem(error)} (context ${status.context}, ${status.server})`);
        return { cluster: status.name, events: [] };
      }
    }),
  );
  return { events: joinEvents(lists), problems };
}

/** Events as the core API has them: it shows those of both APIs, with the older fields filled in where they are known. */
async function listEvents(
  client: KubeClient,
  { namespace, name }: { namespace: string; name: string },
  call: CallOptions,
): Promise<CoreEvent[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const fieldSelector = `involvedObject.kind=Service,involvedObject.name=${name}`;
  return (await client.list<CoreEvent>(path, { ...call, fieldSelector })).items;
}
