/** From a context to a client. The Kubernetes client is loaded here and nowhere else in the plugin. */
import { KubeConfig } from "@kubernetes/client-node";
import { PLUGIN_FIELD_MANAGER } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { credentialsFromKubeConfig } from "../../shared/kube/personal-kubeconfig.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

export interface ConnectOptions {
  /** Who to impersonate, if anybody. */
  as?: string | undefined;
  asGroup?: string | undefined;
  onWarning?: (text: string) => void;
}

/** A cluster we talk to by one context of the user's kubeconfig. */
export interface Access {
  context: string;
  /** URL of the API server. */
  server: string;
  client: KubeClient;
}

/** The client of a context; exec plugins run now. Throws an Error if the credentials cannot be had. */
export async function connect(config: Kubeconfig, context: string, options: ConnectOptions): Promise<Access> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(JSON.stringify(config));
  const credentials = await credentialsFromKubeConfig(kubeConfig, context);
  const headers = { ...credentials.headers, ...impersonation(options) };
  const { onWarning } = options;
  const client = createClient(
    { ...credentials, headers },
    { cluster: context, fieldManager: PLUGIN_FIELD_MANAGER, ...(onWarning ? { onWarning } : {}) },
  );
  return { context, server: credentials.server, client };
}

function impersonation({ as, asGroup }: ConnectOptions): Record<string, string> {
  if (as === undefined) return {};
  return { "Impersonate-User": as, ...(asGroup === undefined ? {} : { "Impersonate-Group": asGroup }) };
}
