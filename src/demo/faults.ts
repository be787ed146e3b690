/** What the demo breaks, how, and what is to be seen of it. */
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { unreachable } from '../../strategies/contract.ts';
import { BAD_RELEASE } from './fleet.ts';

/** What a fault needs to strike. */
export interface Struck {
  readonly folder: string;
  readonly service: string;
  readonly pid: number;
  readonly port: number;
}

/** `blocked` keeps a processor busy, `waiting` does not; from outside they look the same. */
export const DEMO_FAULT_KINDS = [
  'killed',
  'stopped',
  'blocked',
  'waiting',
  'leaking',
  'slow',
  'failing',
  'bad-config',
  'bad-release',
] as const;
export type DemoFaultKind = (typeof DEMO_FAULT_KINDS)[number];

export interface DemoFault {
  readonly kind: DemoFaultKind;
  readonly name: string;
  readonly service: string;
}

export const DEMO_FAULTS: readonly DemoFault[] = [
  { kind: 'killed', name: 'killed (SIGKILL)', service: 'payment' },
  { kind: 'stopped', name: 'stopped (SIGSTOP)', service: 'stock' },
  { kind: 'blocked', name: 'event loop blocked', service: 'cart' },
  { kind: 'leaking', name: 'memory leak', service: 'shipping' },
  { kind: 'slow', name: 'slow dependency', service: 'store' },
  { kind: 'failing', name: 'error burst', service: 'catalog' },
  { kind: 'bad-config', name: 'bad configuration', service: 'checkout' },
  { kind: 'bad-release', name: 'bad release', service: 'shop' },
];

/** Share of calls that fail in an error burst. */
export const FAILING_SHARE = 0.8;
/** Megabytes a second. */
const LEAK_MB = 12;
/** Longer than any caller waits. */
export const SLOW_MS = 1500;
/** Longer than anybody waits for it to pass. */
const STUCK_MS = 600_000;

/** Resolves when the fault has struck. */
export async function strike(kind: DemoFaultKind, struck: Struck): Promise<void> {
  switch (kind) {
    case 'killed':
      return signal(struck.pid, 'SIGKILL');
    case 'stopped':
      return signal(struck.pid, 'SIGSTOP');
    case 'blocked':
      return tell(struck, { kind: 'block', ms: STUCK_MS });
    case 'waiting':
      return tell(struck, { kind: 'wait', ms: STUCK_MS });
    case 'leaking':
      return tell(struck, { kind: 'leak', mb: LEAK_MB });
    case 'slow':
      return tell(struck, { kind: 'slow', ms: SLOW_MS });
    case 'failing':
      return tell(struck, { kind: 'errors', share: FAILING_SHARE });
    case 'bad-config':
      return breakConfig(struck);
    case 'bad-release':
      return deployBadly(struck);
    default:
      return unreachable(kind);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}

function breakConfig({ folder, service }: Struck): void {
  writeFileSync(join(folder, 'config', `${service}.json`), '{"greeting": 42}\n');
}

/** The release is switched and the process replaced, as a deployment does it. */
function deployBadly({ folder, service, pid }: Struck): void {
  pointRelease(folder, service, BAD_RELEASE);
  signal(pid, 'SIGTERM');
}

/** Makes a release the current one, in one step. */
export function pointRelease(folder: string, service: string, release: string): void {
  const link = join(folder, 'releases', service, 'current');
  symlinkSync(release, `${link}.new`);
  renameSync(`${link}.new`, link);
}

function tell({ port }: Struck, fault: unknown): Promise<void> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/fault', method: 'POST', timeout: 1000 }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve());
    asked.end(JSON.stringify(fault));
  });
}
