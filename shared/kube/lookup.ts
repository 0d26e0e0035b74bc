/** Reading and deleting objects that may be absent. */
import { classifyError } from "./api-error.ts";
import type { CallOptions, KubeClient, Preconditions, RemoveOptions } from "./client.ts";

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

/** Deletes the object at a path; false where there is none (any more). Rejects with `ApiError` for any other reason. */
export async function removeIfExists(
  client: KubeClient,
  path: string,
  ...how: [preconditions?: Preconditions, options?: RemoveOptions]
): Promise<boolean> {
  try {
    await client.remove(path, ...how);
    return true;
  } catch (error) {
    if (classifyError(error) === "notFound") return false;
    throw error;
  }
}
