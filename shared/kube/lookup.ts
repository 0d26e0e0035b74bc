/** Reading objects that may be absent. */
import { classifyError } from "./api-error.ts";
import type { CallOptions, KubeClient } from "./client.ts";

/** The object at a path, or undefined where there is none. Rejects with `ApiError` for any other reason. */
export async function getIfExists<T>(
  client: KubeClient,
  path: string,
  options: CallOptions = {},
): Promise<T | undefined> {
  try {
    return await client.get<T>(path, options);
  } catch (error) {
    if (classifyError(error) === "notFound") return undefined;
    throw error;
  }
}
