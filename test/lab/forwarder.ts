import { connect, createServer, type Server, type Socket } from "node:net";

// A process inside a cluster's network namespace. Its parent, outside, hands it a socket listening on the outside's loopback
// address: a listening socket stays in the namespace it was made in, whoever accepts from it.

const [host = "", port = "0"] = process.argv.slice(2);

function forward(client: Socket): void {
  const upstream = connect({ host, port: Number(port), allowHalfOpen: true });
  client.setNoDelay(true);
  upstream.setNoDelay(true);
  client.pipe(upstream);
  upstream.pipe(client);
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
}

process.once("message", (_message, handle) => {
  createServer({ allowHalfOpen: true }, forward).listen(handle as Server, () => {
    process.send?.("ready", () => process.disconnect());
  });
});
