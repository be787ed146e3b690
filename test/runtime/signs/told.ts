/** Events as a runtime tells them, with what a test does not care about filled in. */
import type { Verdict } from '../../../src/runtime/approvals.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { Effect } from '../../../src/runtime/ports.ts';
import type { HealthEvent, SelfTrouble, Sign } from '../../../src/runtime/signs/signs.ts';
import type { Action, ActionKind, HealthStatus } from '../../../strategies/contract.ts';
import { order } from '../actuators/harness.ts';

export const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export function health(service: string, status: HealthStatus, atMs = AT_MS): HealthEvent {
  return { kind: 'health', atMs, service, tier: 'critical', status, reason: status === 'healthy' ? '' : 'calls fail' };
}

export function decided(action: Action, service = 'cart', atMs = AT_MS): RuntimeEvent {
  return { kind: 'decided', atMs, service, action };
}

export function acted(
  kind: ActionKind,
  effect: Effect = { kind: 'done' },
  more: { readonly service?: string; readonly cause?: string; readonly atMs?: number; readonly tookMs?: number } = {},
): Extract<RuntimeEvent, { kind: 'acted' }> {
  const { service = 'cart', cause = 'unresponsive', atMs = AT_MS, tookMs = 1500 } = more;
  return { kind: 'acted', atMs, service, action: order(kind, { cause }), effect, tookMs };
}

export function trouble(of: SelfTrouble, phase: 'began' | 'over', service: string | null = null): Sign {
  return { kind: 'self-trouble', atMs: AT_MS, trouble: of, phase, service, reason: `${of} ${phase}` };
}

export function approval(id: number, verdict: Verdict | null, service = 'cart'): RuntimeEvent {
  const waiting = {
    id,
    service,
    action: 'rollback',
    replica: -1,
    parameters: {},
    hash: '0'.repeat(64),
    evidence: { askedBy: { kind: 'policy', tier: 'default' }, symptoms: ['slow'], causes: [], bid: null },
    reason: 'many errors',
    sinceMs: 0,
    untilMs: 1,
  } as const;
  return { kind: 'approval', atMs: AT_MS, waiting, verdict };
}
