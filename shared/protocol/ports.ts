/** Ports across clusters: what a replica gets, and when two Services cannot stand for each other. */
import type { Service, ServicePort } from "../kube/objects.ts";

/** The port without what belongs to its own cluster: node ports are never copied. */
function portable(port: ServicePort): ServicePort {
  const { nodePort: _nodePort, ...rest } = port;
  return { ...rest, protocol: port.protocol ?? "TCP" };
}

/** The ports a replica or shadow of `service` has. */
export function portablePorts(service: Service): ServicePort[] {
  return (service.spec.ports ?? []).map(portable);
}

/** True if both list the same ports in the same order, node ports aside. */
export function equalPorts(a: readonly ServicePort[], b: readonly ServicePort[]): boolean {
  const canonical = (ports: readonly ServicePort[]) =>
    JSON.stringify(
      ports.map(({ name, protocol, appProtocol, port, targetPort }) => [
        name ?? "",
        protocol ?? "TCP",
        appProtocol ?? "",
        port,
        targetPort ?? port,
      ]),
    );
  return canonical(a) === canonical(b);
}

/**
 * What differs so that clients of one Service could not use the other: the set of (name, number, protocol), or headed
 * against headless. Undefined if nothing does. Target ports may differ: slices carry the pods' own.
 */
export function findPortConflict(a: Service, b: Service): string | undefined {
  const canonical = (service: Service) =>
    (service.spec.ports ?? []).map((port) => `${port.name || "-"} ${port.port}/${port.protocol ?? "TCP"}`).sort();
  const [left, right] = [canonical(a), canonical(b)];
  if (left.join() !== right.join()) return `ports differ: ${left.join(", ")} against ${right.join(", ")}`;
  if ((a.spec.clusterIP === "None") !== (b.spec.clusterIP === "None")) return "one is headless, the other is not";
  return undefined;
}
