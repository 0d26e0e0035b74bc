/** Text of clusters and files on a terminal. */

const ESCAPE = "\x1b";
/** A sequence that only colours, or any other control character. */
const CONTROL = new RegExp(`${ESCAPE}\\[[\\d;]*m|\\p{Cc}`, "gu");

/**
 * The text without what moves the cursor, clears the screen or rings the bell: an Event or a condition may hold anything that
 * somebody with rights to a Service wrote. Escape is shown as `^[`, as by kubectl.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (found) => {
    if (found.length > 1 || found === "\n" || found === "\t") return found;
    return found === ESCAPE ? "^[" : `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
