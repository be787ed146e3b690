/** Takes a terminal over for a full screen, and gives it back as it was, whatever ends the process. */

/** Another screen, which leaves what was on the terminal untouched; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H';
const LEAVE = '\u001b[?25h\u001b[?1049l';
export const CLEAR = '\u001b[2J\u001b[H';
/** Would forget what the terminal had scrolled off before us. */
const FORGET_SCROLLED = '\u001b[3J';
const HOME = '\u001b[H';
const END_LINE = '\u001b[K';
const END_SCREEN = '\u001b[J';
/** What ink begins a frame with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own words
const ERASED = /^(?:\u001b\[2K\u001b\[1A)*\u001b\[2K\u001b\[G/;

/** Returns what gives the terminal back; it may be called again. */
export function takeOver(stdout: NodeJS.WriteStream): () => void {
  stdout.write(ENTER);
  let isTaken = true;
  const restore = (): void => {
    if (!isTaken) return;
    isTaken = false;
    process.off('exit', restore);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
    stdout.write(LEAVE);
  };
  process.on('exit', restore);
  return restore;
}

/**
 * Reads keys, so that none is written into what is shown, and calls `end` at q or Ctrl-C. Returns what gives the keyboard back; does
 * nothing where keys do not come from a terminal.
 */
export function endOnKey(stdin: NodeJS.ReadStream, end: () => void): () => void {
  if (!stdin.isTTY) return () => {};
  const pressed = (keys: Buffer): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Ctrl-C
    if (/[qQ\u0003]/.test(keys.toString('latin1'))) end();
  };
  const restore = (): void => {
    process.off('exit', restore);
    stdin.off('data', pressed);
    stdin.setRawMode(false);
    stdin.pause();
  };
  process.on('exit', restore);
  stdin.setRawMode(true);
  stdin.on('data', pressed);
  return restore;
}

/** Draws lines over those that stand there, without a flicker. */
export function drawOver(stdout: NodeJS.WriteStream, lines: readonly string[]): void {
  stdout.write(`${HOME}${lines.map((text) => `${text}${END_LINE}`).join('\r\n')}${END_SCREEN}`);
}

/** The terminal for ink: how it is resized is seen to elsewhere, and frames are drawn over each other. */
export function quietScreen(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (chunk: string | Uint8Array, ...rest: never[]): boolean =>
    stdout.write(typeof chunk === 'string' ? inPlace(chunk) : chunk, ...rest);
  const listen =
    (how: 'on' | 'off') =>
    (name: string, listener: (...values: unknown[]) => void): NodeJS.WriteStream =>
      name === 'resize' ? stdout : stdout[how](name, listener);
  return Object.create(stdout, {
    write: { value: write },
    on: { value: listen('on') },
    off: { value: listen('off') },
    columns: { get: () => stdout.columns },
    rows: { get: () => stdout.rows },
  }) as NodeJS.WriteStream;
}

/**
 * ink erases all lines and writes them anew, which flickers. Here every line is written over what stood there; and what had been
 * scrolled off before us is not forgotten.
 */
export function inPlace(chunk: string): string {
  const kept = chunk.replaceAll(FORGET_SCROLLED, '');
  const erased = ERASED.exec(kept);
  if (erased === null) return kept;
  return `${HOME}${kept.slice(erased[0].length).replaceAll('\n', `${END_LINE}\n`)}${END_SCREEN}`;
}
