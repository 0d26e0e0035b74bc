import { accessSync, constants } from "node:fs";
import { join } from "node:path";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of an executable in one of the folders, the first that has it; undefined if none does. */
export function findIn(folders: string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((file) => isExecutable(file));
}
