/** The harness on real processes: one contender, two faults. */
import { describe, expect, it } from 'vitest';
import { healix } from '../../bench/runtime/manage-healix.ts';
import { nobody } from '../../bench/runtime/manage-nobody.ts';
import type { Manager } from '../../bench/runtime/manager.ts';
import { runOnce } from '../../bench/runtime/run.ts';
import type { PlannedFault } from '../../bench/runtime/schedule.ts';
import { isRunning, type Site, startsOf } from '../../bench/runtime/site.ts';
import { inUse } from '../runtime/harness.ts';
import { freeDemoPorts } from '../tools/demo-ports.ts';

const schedule: readonly PlannedFault[] = [
  { index: 0, atMs: 1_000, kind: 'killed', service: 'stock' },
  { index: 1, atMs: 1_500, kind: 'bad-config', service: 'store' },
];

/** Remembers which processes there were, for a look after the run. */
function watched(make: (site: Site) => Manager, pids: number[]): (site: Site) => Manager {
  return (site) => {
    const manager = make(site);
    return {
      ...manager,
      async close() {
        pids.push(...startsOf(site).map(({ pid }) => pid));
        await manager.close();
      },
    };
  };
}

describe('a run on the real demo fleet', () => {
  it('under healix: faults strike, are healed and counted, and nothing is left behind', async () => {
    const pids: number[] = [];
    const { record, machine, told } = await runOnce({
      schedule,
      lengthMs: 20_000,
      settleMs: 2_000,
      make: watched((site) => healix(site, inUse), pids),
      ports: await freeDemoPorts(),
    });
    expect(record.faults.map(({ isStruck, byPeople }) => ({ isStruck, byPeople }))).toEqual([
      { isStruck: true, byPeople: false },
      { isStruck: true, byPeople: false },
    ]);
    for (const { rightAfterMs } of record.faults) expect(rightAfterMs, told.join('\n')).not.toBeNull();
    expect(record.restarts).toBeGreaterThanOrEqual(1);
    const lost = record.faults.reduce((sum, fault) => sum + fault.lost, 0);
    const asked = record.quiet.asked + record.faults.reduce((sum, fault) => sum + fault.asked, 0);
    expect(asked).toBeGreaterThan(300);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(asked);
    expect(machine.busy).toBeGreaterThan(0);
    expect(told.join('\n')).toContain('store: right again');
    expect(pids.length).toBeGreaterThanOrEqual(9);
    expect(pids.filter(isRunning)).toEqual([]);
  }, 90_000);

  it('under nobody: what was killed stays dead, and the run ends when it is told to', async () => {
    const pids: number[] = [];
    const stop = new AbortController();
    const said: string[] = [];
    const run = runOnce({
      schedule: schedule.slice(0, 1),
      lengthMs: 3_600_000,
      settleMs: 500,
      make: watched(nobody, pids),
      ports: await freeDemoPorts(),
      signal: stop.signal,
      onProgress: (line) => {
        said.push(line);
        setTimeout(() => stop.abort(new Error('enough')), 3_000);
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(said).toEqual(['stock: killed']);
    expect(pids).toHaveLength(8);
    expect(pids.filter(isRunning)).toEqual([]);
  }, 90_000);
});
