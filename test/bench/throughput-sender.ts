/** As many reviews as a server takes over a few kept connections. Arguments: file of the task, file for the result. */
import { readFileSync, writeFileSync } from "node:fs";
import autocannon from "autocannon";
import type { SendTask } from "./send-task.ts";

/** Enough that the server never waits for a call; each more only waits longer. */
const CONNECTIONS = 16;

const [taskFile = "", resultFile = ""] = process.argv.slice(2);
const { port, ca, paths, body, warmUp, seconds } = JSON.parse(readFileSync(taskFile, "utf8")) as SendTask;
const headers = { "content-type": "application/json" };
const load = {
  url: `https://127.0.0.1:${port}`,
  connections: CONNECTIONS,
  tlsOptions: { ca },
  requests: paths.map((path) => ({ method: "POST" as const, path, headers, body })),
};
await autocannon({ ...load, duration: warmUp });
const { requests, non2xx, errors } = await autocannon({ ...load, duration: seconds });
writeFileSync(resultFile, JSON.stringify({ perSecond: requests.average, failed: non2xx + errors }));
