/** The answer that kubectl's completion expects. */
import { listCandidates } from "./candidates.ts";

/** The last line is cobra's directive: "offer no file names", and "add no space", for words that go on after `=` or a comma. */
const NO_FILES = 4;
const NO_SPACE = 2;

/** Candidates for the last word, a line each. Reads kubeconfig files where contexts are wanted, and speaks to no cluster. */
export async function writeCandidates(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const contexts = async () => (await import("./contexts.ts")).listContexts(env, kubeconfigIn(words));
  const candidates = await listCandidates(words, contexts);
  const open = candidates.some((candidate) => candidate.split("\t")[0]?.endsWith("="));
  return `${[...candidates, `:${open ? NO_FILES | NO_SPACE : NO_FILES}`].join("\n")}\n`;
}

/** The file named by `--kubeconfig`, as `--kubeconfig x` or `--kubeconfig=x`. */
function kubeconfigIn(words: readonly string[]): string | undefined {
  const place = words.findIndex((word) => /^--kubeconfig(=|$)/.test(word));
  return place < 0 ? undefined : (words[place]?.split("=")[1] ?? words[place + 1]);
}
