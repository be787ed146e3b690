/** A titled part of the page: a landmark that screen readers list. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly id: string;
  readonly title: string;
  /** A word beside the title. */
  readonly note?: string;
  readonly beside?: ComponentChildren;
  readonly tone?: 'plain' | 'loud' | 'truth';
  readonly children: ComponentChildren;
}

export function Card({ id, title, note, beside, tone = 'plain', children }: Props) {
  return (
    <section id={id} class={`card is-${tone}`} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <header class="card-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {note === undefined ? null : <span class="muted">{note}</span>}
        {beside}
      </header>
      {children}
    </section>
  );
}

/** A list that scrolls within its card, and can be scrolled by the keyboard. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
