/** What the commands that follow a running healix share. */
import { HealixError } from '../../errors.ts';
import type { FollowOptions } from '../../terminal/follow.ts';
import { endOnKey } from '../../terminal/terminal-modes.ts';
import type { Io } from '../io.ts';
import { Problems, seconds } from '../options.ts';
import { printable } from '../output.ts';

/** A healix on the same machine that says nothing for so long is as good as gone. */
export const PATIENCE_MS = 5000;
const EVERY_MIN_S = 0.2;

/** @throws HealixError `bad-option` */
export function everyMs(text: string): number {
  const problems = new Problems();
  const everyS = seconds(problems, '--every', text);
  problems.refuse();
  if (everyS === undefined || everyS < EVERY_MIN_S) {
    throw new HealixError('bad-option', `--every takes at least ${EVERY_MIN_S}s, not ${text}`);
  }
  return everyS * 1000;
}

/** As long as something is followed on a terminal, q ends it, too. */
export function untilKeyOrInterrupt({ onInterrupt, stdout }: Io): FollowOptions['onInterrupt'] {
  return (listener) => {
    const stopKeys = stdout.isTTY ? endOnKey(process.stdin, listener) : () => {};
    const stopInterrupts = onInterrupt(listener);
    return () => {
      stopKeys();
      stopInterrupts();
    };
  };
}

/** On standard error, so that what is followed stays clean. */
export function tellLink({ stderr }: Io): FollowOptions['onLink'] {
  return (link) =>
    stderr.write(
      link.kind === 'lost' ? `not connected, trying again: ${printable(link.reason)}\n` : 'connected again\n',
    );
}
