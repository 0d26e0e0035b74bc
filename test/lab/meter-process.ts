import { appendFileSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { ApiTarget } from "./api-client.ts";
import type { MeterRecord, MeterTarget } from "./meter-report.ts";
import { ServiceResolver } from "./service-resolver.ts";

// Sends requests on a fixed schedule (open loop: an answer that does not come never delays the next request), each on a
// connection of its own and only once.

interface Settings extends MeterTarget {
  rate: number;
  timeoutMs: number;
  maxSeconds: number;
  file: string;
  api: ApiTarget;
}

/** Reading the kernel's whole table takes long; doing so for each of many would hold up the requests after them. */
const MAX_EXPLAINED = 3;

const settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Settings;
const { host, service, hostname, port, rate, timeoutMs, maxSeconds, file } = settings;
const resolver = service ? new ServiceResolver(settings.api, service, hostname) : undefined;
const started = { epoch: 0, clock: 0 };
let scheduled = 0;
let pending = 0;
let explained = 0;
let stopping = false;
let lines = "";

const now = () => performance.now() - started.clock;

function flush(): void {
  if (lines) appendFileSync(file, lines);
  lines = "";
}

function finish(record: MeterRecord): void {
  pending -= 1;
  lines += `${JSON.stringify(record, (_key, value) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value))}\n`;
}

function resolveHost(): string | undefined {
  if (!resolver) return host;
  const addresses = resolver.addresses();
  return addresses[Math.floor(Math.random() * addresses.length)];
}

function readAnswer(text: string): Pick<MeterRecord, "pod" | "cluster" | "error"> {
  const code = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
  if (code !== "200") return { error: code ? `HTTP_${code}` : "BAD_ANSWER" };
  try {
    const { pod, cluster } = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as { pod: string; cluster: string };
    return { pod, cluster };
  } catch {
    return { error: "BAD_ANSWER" };
  }
}

/** Why no answer came. Where a connection's packets go is decided once, by its first packet: the kernel tells which way that was. */
function giveUp({ localPort, connecting }: Socket): Pick<MeterRecord, "error" | "connected" | "flows"> {
  const about = { error: "ETIMEDOUT", connected: !connecting };
  explained += 1;
  if (explained > MAX_EXPLAINED) return about;
  try {
    const flows = readFileSync("/proc/net/nf_conntrack", "utf8").split("\n");
    return { ...about, flows: flows.filter((flow) => flow.includes(`port=${localPort} `)) };
  } catch {
    return about;
  }
}

function send(at: number): void {
  const sent = now();
  const address = resolveHost();
  pending += 1;
  if (address === undefined) {
    finish({ at, sent, ms: now() - at, error: "ENOTFOUND" });
    return;
  }
  let text = "";
  let done = false;
  const end = (answer: Pick<MeterRecord, "pod" | "cluster" | "error"> | undefined) => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    // A busy event loop can read an answer before the timer that should have given it up.
    const outcome = answer === undefined || now() - sent > timeoutMs ? giveUp(socket) : answer;
    socket.destroy();
    finish({ at, sent, ms: now() - at, ...outcome });
  };
  const socket: Socket = connect({ host: address, port });
  const timer = setTimeout(() => end(undefined), timeoutMs);
  socket.on("connect", () => socket.write(`GET / HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`));
  socket.on("data", (chunk) => {
    text += chunk.toString("utf8");
  });
  socket.on("error", (error: NodeJS.ErrnoException) => end({ error: error.code ?? "ERROR" }));
  socket.on("close", () => end(readAnswer(text)));
}

function sendDue(until: number): void {
  for (let at = (scheduled * 1000) / rate; at <= until; at = (scheduled * 1000) / rate) {
    scheduled += 1;
    send(at);
  }
}

function tick(): void {
  if (stopping) return;
  sendDue(now());
  if (now() > maxSeconds * 1000) stop();
}

function stop(): void {
  if (stopping) return;
  stopping = true;
  const end = now();
  sendDue(end);
  const promised = Math.floor((end * rate) / 1000) + 1;
  const poll = setInterval(() => {
    flush();
    if (pending > 0) return;
    clearInterval(poll);
    appendFileSync(file, `${JSON.stringify({ end, promised })}\n`);
    process.exit(0);
  }, 20);
}

await resolver?.start();
started.epoch = Date.now();
started.clock = performance.now();
appendFileSync(file, `${JSON.stringify({ start: started.epoch, rate })}\n`);
process.on("SIGTERM", stop);
setInterval(tick, 2);
setInterval(flush, 100);
process.send?.("started", () => process.disconnect());
