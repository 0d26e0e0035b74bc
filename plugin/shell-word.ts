/** Words of commands that are offered to be copied into a shell. Pure. */

/** The word as a POSIX shell reads it: quoted where it holds anything that a shell or an eye could take for something else. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
