/** An operator's order for one service, carried out by the strategy's own step and recorded as a lesson. */
import type { ActionKind, Command } from '../../strategies/contract.ts';
import { createRefusalReader } from './signs/metrics/refusals.ts';
import type { Setup, Site } from './site.ts';
import { orderLesson } from './situation.ts';

/** What became of it: with what was begun, or the guard's reason why nothing was. */
export type Ordered =
  | { readonly kind: 'taken'; readonly actions: readonly ActionKind[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown-service' };

/** The guard holds for operators, too. */
export async function takeOrder(
  site: Site,
  setup: Setup,
  service: string,
  { order, by }: { readonly order: Command['command']; readonly by: string },
): Promise<Ordered> {
  const { config, loop, memory } = setup;
  const index = config.services.findIndex(({ id }) => id === service);
  if (index < 0) return { kind: 'unknown-service' };
  const isOfCalls = order === 'isolate' || order === 'release';
  if (isOfCalls && !site.actuator.can(service).has('circuit-break'))
    return { kind: 'refused', reason: 'it has no gateway that calls go through' };
  const atMs = site.clock.now();
  site.tell({ kind: 'ordered', atMs, service, order });
  const taught = orderLesson(setup, site, service, { order, by }, atMs);
  const newRefusals = createRefusalReader();
  newRefusals(memory.guard.refusals);
  const ordered = loop.order({ kind: 'command', atMs, service: index, command: order });
  // The strategy has decided by now. What the guard refuses while the order is written down is no answer to it.
  const refusal = newRefusals(memory.guard.refusals).findLast((one) => one.service === index);
  const actions = await ordered;
  if (actions.length === 0 && refusal !== undefined)
    return { kind: 'refused', reason: `${refusal.kind}: ${refusal.reason}` };
  const begun = actions.map(({ kind }) => kind);
  if (taught !== null)
    site.lessons.note(
      taught,
      begun,
      actions.map(({ id }) => id),
    );
  return { kind: 'taken', actions: begun };
}
