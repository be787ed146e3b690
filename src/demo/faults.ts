/** What the demo breaks, how, and what is to be seen of it. */
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { BAD_RELEASE } from './fleet.ts';

/** What a fault needs to strike. */
export interface Struck {
  readonly folder: string;
  readonly service: string;
  readonly pid: number;
  readonly port: number;
}

export interface DemoFault {
  readonly name: string;
  readonly service: string;
  strike(struck: Struck): Promise<void>;
}

export const DEMO_FAULTS: readonly DemoFault[] = [
  { name: 'killed (SIGKILL)', service: 'payment', strike: async ({ pid }) => signal(pid, 'SIGKILL') },
  { name: 'stopped (SIGSTOP)', service: 'stock', strike: async ({ pid }) => signal(pid, 'SIGSTOP') },
  { name: 'event loop blocked', service: 'cart', strike: (struck) => tell(struck, { kind: 'block', ms: 60_000 }) },
  { name: 'memory leak', service: 'shipping', strike: (struck) => tell(struck, { kind: 'leak', mb: 12 }) },
  { name: 'slow dependency', service: 'store', strike: (struck) => tell(struck, { kind: 'slow', ms: 1500 }) },
  { name: 'error burst', service: 'catalog', strike: (struck) => tell(struck, { kind: 'errors', share: 0.8 }) },
  { name: 'bad configuration', service: 'checkout', strike: async (struck) => breakConfig(struck) },
  { name: 'bad release', service: 'shop', strike: async (struck) => deployBadly(struck) },
];

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}

function breakConfig({ folder, service }: Struck): void {
  writeFileSync(join(folder, 'config', `${service}.json`), '{"greeting": 42}\n');
}

/** The release is switched and the process replaced, as a deployment does it. */
function deployBadly({ folder, service, pid }: Struck): void {
  const link = join(folder, 'releases', service, 'current');
  symlinkSync(BAD_RELEASE, `${link}.new`);
  renameSync(`${link}.new`, link);
  signal(pid, 'SIGTERM');
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
