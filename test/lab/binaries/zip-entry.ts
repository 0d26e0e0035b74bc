import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_SIZE = 22;
const DEFLATED = 8;

/**
 * Reads one file out of a zip archive (no zip64, stored or deflated), so that no `unzip` is needed.
 * Throws when the archive has no such entry or is not a zip.
 */
export function readZipEntry(archive: string, name: string): Buffer {
  const data = readFileSync(archive);
  let end = data.length - END_SIZE;
  while (end >= 0 && data.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error(`${archive} is not a zip archive`);
  let at = data.readUInt32LE(end + 16);
  for (let left = data.readUInt16LE(end + 10); left > 0 && data.readUInt32LE(at) === DIRECTORY_ENTRY; left -= 1) {
    const nameLength = data.readUInt16LE(at + 28);
    if (data.toString("utf8", at + 46, at + 46 + nameLength) === name) return readContent(data, at);
    at += 46 + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
  }
  throw new Error(`${archive} has no ${name}`);
}

function readContent(data: Buffer, directoryEntry: number): Buffer {
  const method = data.readUInt16LE(directoryEntry + 10);
  const size = data.readUInt32LE(directoryEntry + 20);
  const local = data.readUInt32LE(directoryEntry + 42);
  // The lengths of name and extra field may differ between the directory and the local header.
  const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
  const content = data.subarray(start, start + size);
  return method === DEFLATED ? inflateRawSync(content) : content;
}
