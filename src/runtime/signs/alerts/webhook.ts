/** Sends alerts as a POST of JSON. No redirect is followed, the answer's body is thrown away, one try more after a pause. */
import { sleep } from '../../actuators/wait.ts';
import type { Clock, Effect } from '../../ports.ts';
import type { AlertMessage } from './message.ts';

export interface WebhookOptions {
  /** http or https; a user and a password in it are sent as basic authentication. */
  readonly url: string;
  /** For one try, from the connection to the answer's head. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Pause before the second try. */
export const RETRY_MS = 1000;

interface Try {
  readonly effect: Effect;
  /** Another try may find it otherwise: nobody answered, or the answer says that it is busy. */
  readonly isWorthAnother: boolean;
}

/** Never throws. Nothing of the address but its host is told on: who knows the address can write there. */
export async function postAlert(options: WebhookOptions, message: AlertMessage, signal: AbortSignal): Promise<Effect> {
  const first = await post(options, message, signal);
  if (!first.isWorthAnother || signal.aborted) return first.effect;
  await sleep(options.clock, RETRY_MS, signal);
  if (signal.aborted) return first.effect;
  return (await post(options, message, signal)).effect;
}

async function post(
  { url, timeoutMs, clock }: WebhookOptions,
  message: AlertMessage,
  outer: AbortSignal,
): Promise<Try> {
  const target = new URL(url);
  const authorization = authorizationOf(target);
  target.username = '';
  target.password = '';
  const over = new AbortController();
  const cancel = clock.after(timeoutMs, () => over.abort());
  try {
    const answer = await fetch(target, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'healix',
        'idempotency-key': message.id,
        ...(authorization === null ? {} : { authorization }),
      },
      body: JSON.stringify(message),
      signal: AbortSignal.any([outer, over.signal]),
    });
    await answer.body?.cancel();
    const { status } = answer;
    if (status >= 200 && status < 300)
      return { effect: { kind: 'done', detail: `webhook ${status}` }, isWorthAnother: false };
    const why = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
    const isBusy = status >= 500 || status === 408 || status === 429;
    return {
      effect: { kind: 'failed', reason: `webhook ${target.host}: answered ${status}${why}` },
      isWorthAnother: isBusy,
    };
  } catch (error) {
    const why = over.signal.aborted
      ? `no answer within ${timeoutMs} ms`
      : outer.aborted
        ? 'called off'
        : reasonOf(error);
    return { effect: { kind: 'failed', reason: `webhook ${target.host}: ${why}` }, isWorthAnother: true };
  } finally {
    cancel();
  }
}

function authorizationOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

/** As it stands when its percent signs mean nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the system said; `fetch` itself says "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
