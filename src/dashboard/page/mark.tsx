/** What else holds of a service, as a sign with its words: drawn, as fonts lack such signs. */
import type { ServiceView } from '../frames.ts';

export type Sign = 'cut' | 'trickle' | 'paused' | 'held' | 'protected';

const DRAWN: Readonly<Record<Sign, string>> = {
  cut: 'M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M3.8 12.2L12.2 3.8',
  trickle: 'M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M4.8 8H11.2',
  paused: 'M5 2.5v11M11 2.5v11',
  held: 'M3.5 2h9M3.5 14h9M4.5 2c0 6 7 6 7 12M11.5 2c0 6-7 6-7 12',
  protected: 'M8 1.5l5.5 2v4c0 3.5-2.3 5.8-5.5 7c-3.2-1.2-5.5-3.5-5.5-7v-4z',
};

export interface Known {
  readonly sign: Sign;
  readonly words: string;
}

export function marksOf({ circuit, isPaused, isProtected, heldUntilMs }: ServiceView): readonly Known[] {
  const marks: Known[] = [];
  if (circuit !== 'closed')
    marks.push({ sign: circuit === 'half-open' ? 'trickle' : 'cut', words: `circuit ${circuit}` });
  if (isPaused) marks.push({ sign: 'paused', words: 'paused by an operator' });
  if (heldUntilMs !== null) marks.push({ sign: 'held', words: 'held back: its cause is being healed elsewhere' });
  if (isProtected) marks.push({ sign: 'protected', words: 'protected: nobody but a human may touch it' });
  return marks;
}

/** The words are said where the sign stands alone. */
export function Mark({ sign, words }: { readonly sign: Sign; readonly words?: string }) {
  return (
    <span class={`mark is-${sign}`} title={words}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={DRAWN[sign]} />
      </svg>
    </span>
  );
}
