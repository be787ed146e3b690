/** Keeps the stream of events open: begins again when it is lost, with longer and longer waits, and goes on where it was if it can. */
import type { Changes, Whole } from '../frames.ts';
import { createEventReader, type ServerEvent } from './sse.ts';
import { getState, setState, takeChanges, takeSnapshot } from './store.ts';
import { forgetToken, keepToken } from './token.ts';

const WAIT_MS = 500;
const WAIT_MS_MAX = 15_000;
/** The server says that it is there every ten seconds at least. */
const SILENCE_MS = 25_000;

/** Another one ends the one before. */
let current = 0;
let lastId: string | null = null;
let hurry: () => void = () => {};

/** Tries to connect at once instead of later. */
export const tryNow = (): void => hurry();

export function logIn(token: string): void {
  keepToken(token);
  setState({ token, refusal: '', link: { kind: 'connecting' } });
  void keepConnected(token, ++current);
}

export function logOut(refusal = ''): void {
  current += 1;
  lastId = null;
  forgetToken();
  hurry();
  setState({ token: null, refusal, fleet: null, selected: null, answer: null, link: { kind: 'connecting' } });
}

async function keepConnected(token: string, turn: number): Promise<void> {
  let waitMs = WAIT_MS;
  while (turn === current) {
    const ended = await listen(token, turn, () => {
      waitMs = WAIT_MS;
    });
    if (turn !== current) return;
    if (ended.kind === 'refused') return logOut('This token was not taken. Is it the one of this healix?');
    // Not all at once, should many pages have lost it together.
    const wait = waitMs * (0.75 + Math.random() / 2);
    waitMs = Math.min(WAIT_MS_MAX, 2 * waitMs);
    setState({ link: { kind: 'lost', reason: ended.reason, retryAtMs: Date.now() + wait } });
    await pause(wait);
  }
}

type Ended = { readonly kind: 'refused' } | { readonly kind: 'lost'; readonly reason: string };

/** One connection, until it ends. */
async function listen(token: string, turn: number, onLife: () => void): Promise<Ended> {
  const abort = new AbortController();
  let silence = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const headers = { authorization: `Bearer ${token}`, ...(lastId === null ? {} : { 'last-event-id': lastId }) };
    const response = await fetch('/events', { headers, cache: 'no-store', signal: abort.signal });
    if (response.status === 401) return { kind: 'refused' };
    if (!response.ok || response.body === null) return { kind: 'lost', reason: await reasonOf(response) };
    const feed = createEventReader(take);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    if (getState().fleet !== null) setState({ link: { kind: 'live' } });
    for (;;) {
      const { done, value } = await reader.read();
      if (turn !== current) {
        abort.abort();
        return { kind: 'lost', reason: '' };
      }
      if (done) return { kind: 'lost', reason: 'healix ended the connection' };
      onLife();
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
      feed(value);
    }
  } catch {
    return { kind: 'lost', reason: abort.signal.aborted ? 'nothing was heard of healix' : 'healix does not answer' };
  } finally {
    clearTimeout(silence);
  }
}

function take({ id, event, data }: ServerEvent): void {
  if (event === 'snapshot') takeSnapshot(JSON.parse(data) as Whole);
  if (event === 'changes') takeChanges(JSON.parse(data) as Changes);
  if (id !== null) lastId = id;
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { readonly error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Said by the number.
  }
  return `healix answered ${response.status}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    hurry = end;
    addEventListener('online', end);
  });
}
