/** A word as a shell reads it back: quoted unless it is plain. */
export function shellWord(text: string): string {
  return /^[\w./+:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
