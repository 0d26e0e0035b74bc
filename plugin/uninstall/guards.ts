/** What would refuse, or put back, that Services are given back. Pure. */
import { renderPolicy } from "../../shared/admission/policy.ts";
import { isDeployment, type Manifest } from "../install/manifests.ts";

/**
 * What has to go before any Service is touched, in this order: the policy, which lets nobody but sync take a mode away; the
 * webhooks, before those who answer for them; and sync itself. The policy is installed by kustomize alone, so the plugin's own manifests do not have it; API
 * servers that do not know its kind answer that there is none.
 */
export function listGuards(installed: readonly Manifest[]): Manifest[] {
  const webhooks = installed.filter(({ kind }) => kind.endsWith("WebhookConfiguration"));
  return [...renderPolicy().reverse(), ...webhooks, ...installed.filter(isDeployment)];
}
