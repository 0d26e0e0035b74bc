import type { Log } from "./progress.ts";
export const SERVER_FOLDER = "kubernetes-debian";
export const ETCD_FOLDER = "etcd-debian";
export async function buildFromDebian(_log: Log): Promise<void> {
  throw new Error("todo");
}
export async function fetchEtcd(_log: Log): Promise<string> {
  throw new Error("todo");
}
