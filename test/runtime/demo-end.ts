/** How a fault of the demo ended on real processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoFault } from '../../src/demo/faults.ts';
import type { DemoRun, Struck } from './demo-run.ts';

const CURED_MS = 75_000;

export interface End {
  readonly fault: string;
  readonly end: 'cured' | 'given up' | 'neither';
  readonly tookS: number;
  readonly actions: readonly string[];
}

/** Waits until the fault is gone and users are served again, or a human was called. */
export async function endOf(run: DemoRun, fault: DemoFault, { atMs, pid }: Struck, withinMs = CURED_MS): Promise<End> {
  const { service, name } = fault;
  let end: End['end'] = 'neither';
  while (end === 'neither' && Date.now() < atMs + withinMs) {
    if (isGone(run, fault, pid) && (await run.isWell(service))) end = 'cured';
    else if (run.isGivenUp(service, atMs)) end = 'given up';
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const actions = run.acted(service, atMs).map(({ kind, cause }) => `${kind} (${cause})`);
  return { fault: name, end, tookS: (Date.now() - atMs) / 1000, actions };
}

function isGone(run: DemoRun, { service, name }: DemoFault, pid: number): boolean {
  const read = (path: string) => readFileSync(join(run.folder, path), 'utf8');
  if (name === 'bad configuration') return read(`config/${service}.json`) === read(`good/${service}.json`);
  const now = run.pid(service);
  if (now === null || now === pid) return false;
  const releases = run.runtime.history(500).filter((row) => row.kind === 'action' && row.action === 'rollback');
  return name !== 'bad release' || releases.some((row) => row.kind === 'action' && row.result === 'done');
}
