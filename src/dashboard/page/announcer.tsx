/** Tells screen readers what happens, a few words at a time: a storm of incidents is one sentence. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { plural } from './format.ts';
import { getState, useStore } from './store.ts';

const EVERY_MS = 3000;
const NAMED_MAX = 3;

export function Announcer() {
  const answer = useStore((state) => state.answer);
  const [words, setWords] = useState('');
  const seen = useRef<Map<string, boolean> | null>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const incidents = getState().fleet?.incidents ?? [];
      const before = seen.current;
      seen.current = new Map(incidents.map(({ key, endedMs }) => [key, endedMs !== null]));
      if (before === null) return;
      const begun = incidents.filter(({ key, endedMs }) => endedMs === null && !before.has(key));
      const over = incidents.filter(({ key, endedMs }) => endedMs !== null && before.get(key) === false);
      const said = [
        told(
          begun.map(({ service, worst, reason }) => `${service} is ${worst}${reason === '' ? '' : `, ${reason}`}`),
          'became unwell',
        ),
        told(
          over.map(({ service }) => `${service} is healthy again`),
          'are healthy again',
        ),
      ].filter((sentence) => sentence !== '');
      if (said.length > 0) setWords(said.join(' '));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <div class="hidden" role="log" aria-live="polite" aria-label="Incidents as they happen">
        {words}
      </div>
      <div class={`answer${answer === null ? '' : ` is-${answer.tone}`}`} role="status" aria-live="polite">
        {answer?.words ?? ''}
      </div>
    </>
  );
}

function told(each: readonly string[], many: string): string {
  if (each.length === 0) return '';
  return each.length <= NAMED_MAX ? `${each.join('; ')}.` : `${plural(each.length, 'service')} ${many}.`;
}
