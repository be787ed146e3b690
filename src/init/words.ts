/** Small pieces of YAML, written by hand so that they can carry comments. */

/** JSON is YAML; a plain word where it needs no quotes. */
export function word(value: string): string {
  return /^[A-Za-z][A-Za-z0-9._/-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}

/** `[sh, -c, "..."]` */
export function list(values: readonly string[]): string {
  return `[${values.map(word).join(', ')}]`;
}

/** Comment lines at most `width` wide; what comes from files cannot end a comment. */
export function comment(text: string, indent = '', width = 120): string[] {
  const lines: string[] = [];
  let line = '';
  for (const one of text.replace(/[^\P{Cc}]/gu, ' ').split(/\s+/)) {
    if (line !== '' && indent.length + line.length + one.length + 3 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? one : `${line} ${one}`;
  }
  return [...lines, line].map((words) => `${indent}# ${words}`.trimEnd());
}
