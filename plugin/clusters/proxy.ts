/**
 * The proxy that the environment asks for, by Go's rules (golang.org/x/net/http/httpproxy), which are kubectl's: capital and
 * small names, loopback never through a proxy, NO_PROXY with domains, addresses, CIDR networks and ports. Pure.
 */
import { BlockList, isIP } from "node:net";

type Environment = Readonly<Record<string, string | undefined>>;

/** URL of the proxy for a server, undefined for a direct connection. */
export function proxyFromEnvironment(env: Environment, server: string): string | undefined {
  const url = new URL(server);
  const scheme = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = either(env, scheme);
  if (!proxy || isExcluded(url, either(env, "NO_PROXY") ?? "")) return undefined;
  return /^[a-z][a-z0-9]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function either(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toLowerCase()] || undefined;
}

function isExcluded(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || isLoopback(host)) return true;
  return noProxy
    .split(",")
    .map((rule) => rule.trim().toLowerCase())
    .filter(Boolean)
    .some((rule) => matches(rule, host, port));
}

function isLoopback(host: string): boolean {
  return isInNetwork("127.0.0.0/8", host) || host === "::1";
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === "*") return true;
  if (rule.includes("/")) return isInNetwork(rule, host);
  const [, name = rule, rulePort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(rule) ?? [];
  if (rulePort !== undefined && rulePort !== port) return false;
  const plain = name.replace(/^\[|\]$/g, "");
  if (isIP(host) || isIP(plain)) return plain === host;
  // "example.com" covers the name and what is below it, ".example.com" and "*.example.com" only what is below.
  const suffix = plain.replace(/^\*(?=\.)/, "");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isInNetwork(network: string, host: string): boolean {
  const [address = "", bits] = network.split("/");
  const [family, own] = [isIP(address), isIP(host)];
  if (family === 0 || family !== own) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
