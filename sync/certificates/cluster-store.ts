/** The keeper's port on a real cluster: a Secret, the two webhook configurations, and a folder. */
import type { KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { mutatingWebhooks, secrets, validatingWebhooks } from "../../shared/kube/resources.ts";
import { type CertificateStore, readServed, type WebhookConfiguration, writeServed } from "./store.ts";

/** Secret with authority and leaf, shared by all replicas. */
export const CERTIFICATE_SECRET = "syndicate-webhook-cert";
/** Name of both the mutating and the validating webhook configuration. */
export const WEBHOOK_CONFIGURATION = "syndicate";
/** Service through which API servers call the webhook. */
export const WEBHOOK_SERVICE = "syndicate-webhook";

interface Secret extends KubeObject {
  data?: Record<string, string>;
}

interface ConfigurationObject extends KubeObject {
  webhooks?: { name: string; clientConfig: { caBundle?: string } }[];
}

const PATHS = {
  mutatingwebhookconfigurations: mutatingWebhooks.one(WEBHOOK_CONFIGURATION),
  validatingwebhookconfigurations: validatingWebhooks.one(WEBHOOK_CONFIGURATION),
};

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

async function readConfiguration(
  client: KubeClient,
  resource: WebhookConfiguration["resource"],
): Promise<WebhookConfiguration[]> {
  const object = await getIfExists<ConfigurationObject>(client, PATHS[resource]);
  const webhooks = object?.webhooks?.map(({ name, clientConfig }) => ({
    name,
    bundle: fromBase64(clientConfig.caBundle ?? ""),
  }));
  return webhooks ? [{ resource, webhooks }] : [];
}

/** The certificate store of a namespace, with the folder shared with the webhook. */
export function createClusterStore(client: KubeClient, namespace: string, folder: string): CertificateStore {
  const path = secrets.one(namespace, CERTIFICATE_SECRET);
  return {
    async readSecret() {
      const secret = await getIfExists<Secret>(client, path);
      const data = new Map(Object.entries(secret?.data ?? {}).map(([key, text]) => [key, fromBase64(text)]));
      const version = secret?.metadata.resourceVersion;
      return version === undefined ? { data } : { data, version };
    },
    async writeSecret(data, version) {
      const metadata = { name: CERTIFICATE_SECRET, namespace, labels: { "app.kubernetes.io/name": "syndicate" } };
      const encoded = Object.fromEntries([...data].map(([key, text]) => [key, toBase64(text)]));
      const secret = { apiVersion: "v1", kind: "Secret", type: "Opaque", data: encoded };
      if (version === undefined) await client.create(secrets.in(namespace), { ...secret, metadata });
      else await client.replace(path, { ...secret, metadata: { ...metadata, resourceVersion: version } });
    },
    async readConfigurations() {
      const found = await Promise.all([
        readConfiguration(client, "mutatingwebhookconfigurations"),
        readConfiguration(client, "validatingwebhookconfigurations"),
      ]);
      return found.flat();
    },
    async publishBundle({ resource, webhooks }, bundle) {
      const patch = webhooks.flatMap(({ name }, i) => [
        { op: "test", path: `/webhooks/${i}/name`, value: name },
        { op: "add", path: `/webhooks/${i}/clientConfig/caBundle`, value: toBase64(bundle) },
      ]);
      await client.patch(PATHS[resource], patch, "json");
    },
    readServed: () => readServed(folder),
    serve: (leaf) => writeServed(folder, leaf),
  };
}
