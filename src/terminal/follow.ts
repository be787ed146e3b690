/** Looks at a running healix again and again until the user ends it; tells when it cannot be reached, and when it can again. */
import { HealixError } from '../errors.ts';

export interface FollowOptions {
  readonly everyMs: number;
  /** Calls `listener` when the process is asked to end, until the returned function is called. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Once for each stretch without an answer, and once after it. */
  readonly onLink: (link: { readonly kind: 'lost'; readonly reason: string } | { readonly kind: 'back' }) => void;
}

/**
 * Resolves when the user ends it.
 * @throws HealixError when the first look fails: what was never there is not waited for.
 */
export async function follow(
  look: () => Promise<void>,
  { everyMs, onInterrupt, onLink }: FollowOptions,
): Promise<void> {
  let isLost = false;
  let wake = (): void => {};
  let isEnded = false;
  const stopInterrupts = onInterrupt(() => {
    isEnded = true;
    wake();
  });
  try {
    await look();
    while (!isEnded) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (isEnded) break;
      try {
        await look();
        if (isLost) onLink({ kind: 'back' });
        isLost = false;
      } catch (error) {
        if (!(error instanceof HealixError)) throw error;
        if (!isLost) onLink({ kind: 'lost', reason: error.message });
        isLost = true;
      }
    }
  } finally {
    stopInterrupts();
  }
}
