/** What else an operator wants to know: troubles of healix itself, calls for help, refusals of the guard. */
import type { RuntimeEvent } from '../runtime/events.ts';
import { KEPT, type NoticeView } from './frames.ts';
import { Rows } from './rows.ts';

type Tone = NoticeView['tone'];

export class Notices {
  readonly rows = new Rows<NoticeView>(KEPT.notices);
  #count = 0;
  /** The same refusal again and again is one row. */
  readonly #times = new Map<string, { readonly key: string; times: number }>();

  tell(event: RuntimeEvent, clean: (text: string) => string): void {
    const told = wordsOf(event);
    if (told !== null) this.add(event.atMs, told[0], clean(told[1]));
  }

  add(atMs: number, tone: Tone, words: string): void {
    this.rows.put({ key: `n${++this.#count}`, atMs, tone, words });
  }

  refusal(atMs: number, service: string, words: string): void {
    const name = `${service} ${words}`;
    const known = this.#times.get(name);
    const isKept = known !== undefined && this.rows.get(known.key) !== undefined;
    const row = isKept ? known : { key: `n${++this.#count}`, times: 0 };
    row.times += 1;
    this.#times.set(name, row);
    if (this.#times.size > 2 * KEPT.notices) this.#times.delete(this.#times.keys().next().value!);
    const often = row.times === 1 ? '' : ` (${row.times} times)`;
    this.rows.put({ key: row.key, atMs, tone: 'info', words: `${service}: the guard refused to ${words}${often}` });
  }
}

/** Null for what is shown elsewhere, or to nobody. */
function wordsOf(event: RuntimeEvent): readonly [Tone, string] | null {
  switch (event.kind) {
    case 'escalated':
      return ['bad', `${event.service}: a person is needed: ${event.reason}`];
    case 'ordered':
      return ['info', `${event.service}: ${event.order} was ordered`];
    case 'reloaded':
      return ['info', `another config was taken: ${event.changes.join('; ') || 'nothing changed'}`];
    case 'warning':
      return ['info', event.text];
    case 'trouble':
      return ['bad', event.reason];
    case 'journal-failed':
      return ['bad', `the journal cannot be written, nothing risky is begun: ${event.reason}`];
    case 'self-trouble':
      return [event.phase === 'began' ? 'bad' : 'info', event.reason];
    case 'alert':
      return event.outcome === 'done' ? null : ['bad', `alert ${event.alert} ${event.outcome}: ${event.reason}`];
    case 'ready':
      return ['info', `ready: ${event.started} started, ${event.adopted} adopted`];
    case 'process':
      return event.event.kind === 'exited'
        ? [
            'info',
            `${event.event.record.service} ${event.event.record.replica}: ended with code ${event.event.code ?? 'unknown'}`,
          ]
        : event.event.kind === 'over-memory'
          ? [
              'bad',
              `${event.event.record.service} ${event.event.record.replica}: used more than ${event.event.limitMb} MB`,
            ]
          : null;
    default:
      return null;
  }
}
