/** The text of an answer, as far as it is bearable. */

/** A page of 500 slices with 1000 endpoints each, the largest Kubernetes allows, is about 125 MB. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** The whole answer. Throws once it is longer than any server in its right mind sends. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer exceeds ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
