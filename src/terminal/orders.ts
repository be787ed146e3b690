/** An operator's orders and answers, given to a running healix, and what it says to them. */
import { HealixError } from '../errors.ts';
import type { OrderKind } from '../runtime/control/control.ts';
import type { Ask } from './feed.ts';
import type { Effect, Notice } from './screen.ts';

/** What is said of an order that was taken. */
export const TAKEN: Readonly<Record<OrderKind, string>> = {
  'force-heal': 'is being healed',
  pause: 'is left alone until it is resumed',
  resume: 'is healed again',
  isolate: 'gets no calls until it is released',
  release: 'gets calls again',
};

/** Null when there was nothing to do. What healix refuses is said, not thrown. */
export async function carryOut(effect: Effect, ask: Ask): Promise<Notice | null> {
  try {
    switch (effect.kind) {
      case 'none':
      case 'quit':
        return null;
      case 'order': {
        const { service, order } = effect;
        const { actions } = (await ask({ method: 'POST', path: '/order', body: { service, order } })) as {
          readonly actions: readonly string[];
        };
        return { text: `${service} ${orderWords(order, actions)}`, tone: 'good' };
      }
      case 'decide': {
        const { action, hash, isApproved, words } = effect;
        // Should another action wait under this number by now, nobody has seen it: it is not answered.
        const body = { action, approve: isApproved, ...(hash === null ? {} : { hash }) };
        await ask({ method: 'POST', path: '/approvals', body });
        return { text: `${words}: ${isApproved ? 'approved' : 'denied'}`, tone: 'good' };
      }
    }
  } catch (error) {
    if (error instanceof HealixError) return { text: `refused: ${error.message}`, tone: 'bad' };
    throw error;
  }
}

function orderWords(order: OrderKind, actions: readonly string[]): string {
  if (order === 'force-heal' && actions.length === 0) return 'has nothing that could be done now';
  return `${TAKEN[order]}${actions.length === 0 ? '' : `: ${actions.join(', ')}`}`;
}
