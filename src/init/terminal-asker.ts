/** Asks on a real terminal. */
import { createInterface } from 'node:readline/promises';
import type { Asker, Read } from './questions.ts';

/** Ctrl-C or the end of input while a question was open. */
export class AskingEnded extends Error {
  override readonly name = 'AskingEnded';
}

export interface TerminalAsker extends Asker {
  close(): void;
}

export function terminalAsker(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): TerminalAsker {
  const lines = createInterface({ input, output, terminal: true });
  const ending = new AbortController();
  const end = (): void => ending.abort();
  lines.on('SIGINT', end);
  lines.on('close', end);
  return {
    async ask<Value>(question: string, fallback: string, read: (answer: string) => Read<Value>): Promise<Value> {
      for (;;) {
        if (ending.signal.aborted) throw new AskingEnded();
        const given = await lines
          .question(`${question} [${fallback}] `, { signal: ending.signal })
          .catch((error: unknown) => {
            if (ending.signal.aborted) throw new AskingEnded();
            throw error;
          });
        const result = read(given.trim() === '' ? fallback : given.trim());
        if (result.kind === 'ok') return result.value;
        output.write(`  ${result.reason}\n`);
      }
    },
    say: (text) => void output.write(`${text}\n`),
    close() {
      lines.off('close', end);
      lines.close();
    },
  };
}
