/** Context names for completion: read from the files alone, and silent whatever is wrong with them. */
import { mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";

/** Names of all contexts; none if the kubeconfig cannot be read. */
export function listContexts(env: Readonly<Record<string, string | undefined>>, explicit?: string): string[] {
  try {
    return mergeKubeconfigs(readKubeconfigFiles(env, explicit)).contexts.map(({ name }) => name);
  } catch {
    return [];
  }
}
