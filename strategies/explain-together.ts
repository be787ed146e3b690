/** How a strategy works with others, in words: when help is asked for, and what is done together. */
import { counted, duration, paragraph, percent, plain } from './explain-words.ts';
import type { Strategy } from './strategy.ts';

/** Nothing for a strategy that was bred to heal alone. */
export function togetherLines({ coordination: how }: Strategy): string[] {
  if (how === null) return [];
  const lines = [
    how.graceMs > 0 &&
      `In a new trouble the first step waits ${plain(how.graceMs)} ms for word from others; a dead process is started at once.`,
    `Help is asked for ${how.neighbours <= 1 ? 'when a service is unwell' : `when ${counted(how.neighbours, 'service')} are unwell at the same time`}, after ${duration(how.troubleS)} of trouble, or after ${counted(how.attempts, 'attempt')}.`,
    `Then the causes are ranked. One that explains ${percent(how.minScore)} of what the likeliest one does is acted upon${how.holdS > 0 ? `; whoever suffers from it leaves replicas alone for ${duration(how.holdS)}, as they will be well again without` : ''}.`,
    how.stepAside > 0 &&
      `A host without room: ${percent(how.stepAside)} of the replicas on it step aside for ${duration(how.asideS)}, twice as long each time it comes back, those first whose services can best do without; nobody on it is restarted or grows meanwhile.`,
    `More users than usual: all services behind the entry that are short grow at once${how.scaleAhead > 0 ? `, and ${percent(how.scaleAhead)} of the others ahead of need` : ''}.`,
    'Dead connections: the caller reopens them.',
    `At most ${counted(how.parallel, 'task')} of a plan are under way; after ${duration(how.verifyS)} it is looked whether they helped, at most three times for one cause. Every task passes the constitution and the guard.`,
  ];
  return lines.flatMap((line) => (line === false ? [] : paragraph(line, '- ')));
}
