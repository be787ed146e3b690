/** Orders to healix, and what became of them. */
import { logOut } from './connection.ts';
import { getState, setState } from './store.ts';

export type Order = 'force-heal' | 'pause' | 'resume' | 'isolate' | 'release';

export function order(service: string, what: Order): Promise<void> {
  return post('/order', { service, order: what }, (body) => {
    const actions = (body as { readonly actions?: readonly string[] }).actions ?? [];
    const begun = actions.length === 0 ? '' : ` Begun: ${actions.join(', ')}.`;
    return `${DONE_WORDS[what](service)}${begun}`;
  });
}

/** The hash says which action was looked at: another one under the same number is not answered. */
export function decide(action: number, hash: string, approve: boolean): Promise<void> {
  return post(
    '/approvals',
    { action, hash, approve },
    () => `Action ${action} was ${approve ? 'approved' : 'denied'}.`,
  );
}

export function setPace(pace: { readonly isPaused?: boolean; readonly speed?: number }): Promise<void> {
  return post('/pace', pace, () => null);
}

const DONE_WORDS: Readonly<Record<Order, (service: string) => string>> = {
  'force-heal': (service) => `${service} is being healed.`,
  pause: (service) => `${service} is left alone until it is resumed.`,
  resume: (service) => `${service} is looked after again.`,
  isolate: (service) => `${service} is isolated: no calls are let through.`,
  release: (service) => `${service} is released: calls are let through again.`,
};

async function post(path: string, body: unknown, words: (body: unknown) => string | null): Promise<void> {
  const { token } = getState();
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status === 401) return logOut('This token is not taken any more.');
    const answer = (await response.json()) as { readonly error?: string };
    if (!response.ok) return tell('bad', `Not done: ${answer.error ?? response.status}`);
    const said = words(answer);
    if (said !== null) tell('good', said);
  } catch {
    tell('bad', 'Not done: healix does not answer.');
  }
}

function tell(tone: 'good' | 'bad', words: string): void {
  setState({ answer: { tone, words } });
}
