import { createServer } from "node:http";

// The process behind a pod's address: answers every request with the pod's name, one request a connection.

interface PodIdentity {
  pod: string;
  namespace: string;
  cluster: string;
}

const [identity = "{}", ...ports] = process.argv.slice(2);
const who = JSON.parse(identity) as PodIdentity;
let pending = ports.length;

for (const port of ports.map(Number)) {
  const body = `${JSON.stringify({ ...who, port })}\n`;
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-pod": who.pod,
    "x-cluster": who.cluster,
    connection: "close",
  };
  createServer((_request, response) => response.writeHead(200, headers).end(body)).listen(port, "0.0.0.0", 4096, () => {
    pending -= 1;
    if (pending === 0) process.send?.("listening", () => process.disconnect());
  });
}
