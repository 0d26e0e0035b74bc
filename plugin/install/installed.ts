/** What is installed in a cluster now. */
import { SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import { configMaps, mutatingWebhooks } from "../../shared/kube/resources.ts";
import { CREATE_NAMESPACES, type Deployment, pathOf, type SettingsMap } from "./manifests.ts";

export interface Installed {
  /** Environment of both programs. */
  settings: Readonly<Record<string, string>>;
  image: string | undefined;
  createNamespaces: boolean;
  /** Undefined where the webhook is not registered. */
  webhook: "ignore" | "fail" | undefined;
}

const DEPLOYMENT = pathOf({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "syndicate", namespace: SYSTEM_NAMESPACE },
});

/** Undefined where there is no Deployment of ours. Rejects with `ApiError`. */
export async function readInstalled(client: KubeClient, call: CallOptions): Promise<Installed | undefined> {
  const deployment = await getIfExists<Deployment>(client, DEPLOYMENT, call);
  if (!deployment) return undefined;
  const { containers } = deployment.spec.template.spec;
  const sync = containers.find(({ name }) => name === "sync");
  const reference = sync?.envFrom?.find(({ configMapRef }) => configMapRef)?.configMapRef?.name;
  const settings =
    reference === undefined
      ? undefined
      : await getIfExists<SettingsMap>(client, configMaps.one(SYSTEM_NAMESPACE, reference), call);
  const registered = await getIfExists<{ webhooks?: { failurePolicy?: string }[] } & Deployment>(
    client,
    mutatingWebhooks.one("syndicate"),
    call,
  );
  const policy = registered?.webhooks?.[0]?.failurePolicy;
  return {
    settings: settings?.data ?? {},
    image: sync?.image,
    createNamespaces: sync?.args?.includes(CREATE_NAMESPACES) ?? false,
    webhook: policy === undefined ? undefined : policy === "Fail" ? "fail" : "ignore",
  };
}
