/** From a context to a client. */
import { PLUGIN_FIELD_MANAGER } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import type { Exchange } from "../../shared/kube/transport.ts";
import { type CredentialOptions, readCredentials } from "./credentials.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

export interface ConnectOptions extends CredentialOptions {
  onWarning?: ((text: string) => void) | undefined;
  onExchange?: ((exchange: Exchange) => void) | undefined;
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
  const credentials = await readCredentials(config, context, options);
  const { onWarning, onExchange } = options;
  const client = createClient(credentials, {
    cluster: context,
    fieldManager: PLUGIN_FIELD_MANAGER,
    ...(onWarning ? { onWarning } : {}),
    ...(onExchange ? { onExchange } : {}),
  });
  return { context, server: credentials.server, client };
}
