// Asks a readiness URL until it answers 200, as the kubelet would; ends with 1 after 60 s. The certificate is not judged.
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

const url = process.argv[2] ?? "";
const get = url.startsWith("https:") ? getHttps : getHttp;

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false, timeout: 2000 }, (response) => {
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
