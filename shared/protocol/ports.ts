/** Ports across clusters: what a replica gets, and when two Services cannot stand for each other. */
import type { EndpointPort, Service, ServicePort } from "../kube/objects.ts";
import { familiesOf } from "./usable.ts";

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
 * The ports of a slice under the names that `to` gives them: kube-proxy matches by name, so a port that only its name tells
 * from one of `to` (same number and protocol in the Services) would be lost. Names `to` has are left alone.
 */
export function renamePorts(ports: readonly EndpointPort[], from: Service | undefined, to: Service): EndpointPort[] {
  const known = new Set((to.spec.ports ?? []).map((port) => port.name ?? ""));
  return ports.map((port) => {
    if (known.has(port.name ?? "")) return port;
    const source = (from?.spec.ports ?? []).find((candidate) => (candidate.name ?? "") === (port.name ?? ""));
    const target = source && (to.spec.ports ?? []).find((candidate) => isSamePort(candidate, source));
    return target ? { ...port, name: target.name ?? "" } : port;
  });
}

function isSamePort(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && (a.protocol ?? "TCP") === (b.protocol ?? "TCP");
}

/**
 * What differs so that clients of one Service could not use the other: the set of (name, number, protocol, application
 * protocol), or headed against headless. Undefined if nothing does. Target ports may differ: slices carry the pods' own.
 */
export function findPortConflict(a: Service, b: Service): string | undefined {
  const canonical = (service: Service) =>
    (service.spec.ports ?? [])
      .map(
        (port) =>
          `${port.name || "-"} ${port.port}/${port.protocol ?? "TCP"}${port.appProtocol ? ` (${port.appProtocol})` : ""}`,
      )
      .sort();
  const [left, right] = [canonical(a), canonical(b)];
  if (left.join() !== right.join()) return `ports differ: ${left.join(", ")} against ${right.join(", ")}`;
  if ((a.spec.clusterIP === "None") !== (b.spec.clusterIP === "None")) return "one is headless, the other is not";
  return undefined;
}

/**
 * The address families that keep `service` and `other` apart: a follower needs every family of its own from the server (and the
 * server is told of it too), members of a union at least one in common. Undefined if nothing does, or one does not say.
 */
export function findFamilyConflict(role: string, service: Service, other: Service): string | undefined {
  const [ours, theirs] = [familiesOf(service), familiesOf(other)];
  if (!ours || !theirs) return undefined;
  const [needed, offered] = role === "server" ? [theirs, ours] : [ours, theirs];
  const enough =
    role === "union"
      ? needed.some((family) => offered.includes(family))
      : needed.every((family) => offered.includes(family));
  return enough ? undefined : `address families differ: ${ours.join(", ")} against ${theirs.join(", ")}`;
}
