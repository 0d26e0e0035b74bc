import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below the ports that kernels give to outgoing connections: one of those could be taken again before it is used. */
const [FIRST, COUNT] = [20_000, 12_000];

/** So many ports of 127.0.0.1 that nobody listens on at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = createServer().listen(FIRST + Math.floor(Math.random() * COUNT), "127.0.0.1");
    // Taken by somebody: another one.
    await once(server, "listening").then(
      () => servers.push(server),
      () => undefined,
    );
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
