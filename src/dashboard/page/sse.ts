/** Server-sent events out of a stream of text, as EventSource reads them; EventSource itself cannot send a token. */

export interface ServerEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Longer than any snapshot: whoever sends more is no healix. */
const PENDING_MAX = 50_000_000;

/** Feed it text as it comes; calls back for each whole event. Comments are signs of life and nothing else. */
export function createEventReader(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let pending = '';
  return (text) => {
    pending += text;
    if (pending.length > PENDING_MAX) throw new Error('the answer is no stream of events');
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      const block = pending.slice(0, end);
      pending = pending.slice(end + 2);
      const event = readBlock(block);
      if (event !== null) onEvent(event);
    }
  };
}

function readBlock(block: string): ServerEvent | null {
  let id: string | null = null;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { id, event, data: data.join('\n') };
}
