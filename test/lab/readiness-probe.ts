// Asks a readiness URL until it answers 200, as the kubelet would; ends with 1 after 60 s. The certificate is not judged.
import { randomInt } from "node:crypto";
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

const url = process.argv[2] ?? "";
const get = url.startsWith("https:") ? getHttps : getHttp;

/**
 * A port of our own, below those the kernel gives to clients. What is sent to a cluster IP before kube-proxy has its rules stays in
 * connection tracking as sent to nowhere for two minutes; a client that is given the same port within them would go there too.
 */
function chooseLocalPort(): number {
  return randomInt(20_000, 32_000);
}

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, timeout: 2000, localPort: chooseLocalPort() };
    const request = get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

const until = performance.now() + 60_000;
while (!(await ask())) {
  if (performance.now() > until) process.exit(1);
  await sleep(100);
}
