import { setTimeout as sleep } from "node:timers/promises";
import { MIN_READY_SECONDS } from "../../shared/keys.ts";
import { Application, removeAtOnce } from "../e2e/application.ts";
import { waitReplicated } from "../e2e/rest.ts";
import type { CommandResult } from "../lab/lab.ts";
import { type ClientReport, startClients } from "./clients.ts";
import type { Stage } from "./stage.ts";

/** How the move is played. */
export interface ScenarioOptions {
  /** Requests a second of each client. Default 100. */
  rate?: number;
  /** Seconds the new pods must have been ready before they take over. Default: the product's. */
  minReadySeconds?: number;
  /** Seconds of traffic before the move, and after the end of the old pods. Default 3. */
  quietSeconds?: number;
  /** Hears what happens: a step's headline, or a line of a command's output. */
  tell?: (kind: "step" | "output", line: string) => void;
}

/** Moments of the move, milliseconds since 1970. */
export interface Moments {
  moveStarted: number;
  moveReturned: number;
  podsGone: number;
}

/** What came of it. */
export interface ScenarioResult {
  app: Application;
  migrate: CommandResult;
  reports: ClientReport[];
  moments: Moments;
}

const PODS = 3;

/**
 * The promise of this project, played on a stage: Service `web` moves from east to west by one command while a client in
 * each cluster calls it, and the old pods die the moment the command returns. A failed command ends the scenario early.
 */
export async function playMove(stage: Stage, options: ScenarioOptions = {}): Promise<ScenarioResult> {
  const { rate = 100, quietSeconds = 3, tell = () => undefined } = options;
  const { east, west, sides, shell } = stage;
  const run = async (...command: string[]) => {
    tell("step", `$ ${command.join(" ")}`);
    return shell.run(command, (line) => tell("output", line));
  };
  const app = new Application("web", { namespace: "default" });

  tell("step", `Service web with ${PODS} pods starts in east`);
  const oldPods = await app.startPods(east, PODS);
  const { minReadySeconds } = options;
  await app.create(east, minReadySeconds === undefined ? {} : { [MIN_READY_SECONDS]: String(minReadySeconds) });
  const created = performance.now();
  await waitReplicated(app, west, east);
  tell("step", `Service web is in west too, ${Math.round(performance.now() - created)} ms later`);

  const clients = await startClients(app, sides, rate);
  for (const { name } of sides)
    tell("step", `A client in ${name} sends ${rate} requests/s to ${clients.addresses[name]}`);
  await sleep(quietSeconds * 1000);

  tell("step", `${PODS} pods start in west; nobody calls them yet`);
  await app.startPods(west, PODS);
  await run("kubectl", "syndicate", "status", "web");

  const moveStarted = Date.now();
  const migrate = await run("kubectl", "syndicate", "migrate", "web", "--from", "east", "--to", "west", "--yes");
  const moveReturned = Date.now();
  if (migrate.code === 0) {
    await removeAtOnce(oldPods);
    tell("step", "The moment it returned, the pods in east were killed and deleted");
  }
  const podsGone = Date.now();
  await sleep(quietSeconds * 1000);
  await run("kubectl", "syndicate", "status", "web");
  return { app, migrate, reports: await clients.stop(), moments: { moveStarted, moveReturned, podsGone } };
}
