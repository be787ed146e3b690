/** Draws the lines of `healix top` and hands keys on. Loaded only when it is used: ink and react are optional. */
import { Box, render, Text, useInput } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Key } from './screen.ts';
import type { Line, Tone } from './spans.ts';

/** What is drawn: told by `subscribe` when it has changed. */
export interface Picture {
  lines(): readonly Line[];
  subscribe(listener: () => void): () => void;
  /** All keys that came at once, as when text is pasted. */
  onKeys(keys: readonly Key[]): void;
}

export interface Drawing {
  /** Puts the terminal's cursor and modes back as they were. */
  stop(): void;
}

const COLOURS = {
  plain: {},
  bold: { bold: true },
  dim: { dimColor: true },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  accent: { color: 'cyan' },
} as const satisfies Record<Tone, object>;

export function draw(picture: Picture, stdout: NodeJS.WriteStream, hasColours: boolean): Drawing {
  const app = render(<Top picture={picture} hasColours={hasColours} />, {
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { stop: () => app.unmount() };
}

function Top({ picture, hasColours }: { readonly picture: Picture; readonly hasColours: boolean }) {
  const lines = useSyncExternalStore(picture.subscribe, picture.lines);
  useInput((input, key) => picture.onKeys(keysOf(input, key)));
  return (
    <Box flexDirection="column">
      {lines.map((one, at) => (
        <ScreenLine key={at} line={one} hasColours={hasColours} />
      ))}
    </Box>
  );
}

function ScreenLine({ line, hasColours }: { readonly line: Line; readonly hasColours: boolean }) {
  const { spans, isSelected } = line;
  if (!hasColours) return <Text wrap="truncate">{spans.map(({ text }) => text).join('') || ' '}</Text>;
  return (
    <Text wrap="truncate" inverse={isSelected}>
      {spans.length === 0
        ? ' '
        : spans.map(({ text, tone }, at) => (
            <Text key={at} {...(isSelected ? {} : COLOURS[tone])}>
              {text}
            </Text>
          ))}
    </Text>
  );
}

type InkKey = Parameters<Parameters<typeof useInput>[0]>[1];

function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.ctrl) return input === 'c' ? [{ kind: 'interrupt' }] : [];
  if (key.upArrow) return [{ kind: 'up' }];
  if (key.downArrow) return [{ kind: 'down' }];
  if (key.pageUp) return [{ kind: 'page-up' }];
  if (key.pageDown) return [{ kind: 'page-down' }];
  if (key.home) return [{ kind: 'home' }];
  if (key.end) return [{ kind: 'end' }];
  if (key.return) return [{ kind: 'enter' }];
  if (key.escape) return [{ kind: 'escape' }];
  if (key.tab) return [{ kind: 'tab' }];
  // Terminals send either for the key that erases to the left.
  if (key.backspace || key.delete) return [{ kind: 'erase' }];
  if (key.meta) return [];
  return [...input].flatMap((char): Key[] => {
    if (char === '\r' || char === '\n') return [{ kind: 'enter' }];
    return /\p{Cc}/u.test(char) ? [] : [{ kind: 'char', char }];
  });
}
