/** Small pieces of YAML, written by hand so that they can carry comments. */

/** A plain word where it needs no quotes, single quotes where they are enough, else JSON, which is YAML, too. */
export function word(value: string): string {
  const isPlain = /^(?:[A-Za-z/_]|\.{1,2}\/|--?[A-Za-z])[\w./-]*$/.test(value);
  if (isPlain && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)) return value;
  return /^[ -~]*$/.test(value) ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
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
