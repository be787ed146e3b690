/** The library at its levels: the same options, agents where they are asked for, and none without a constitution. */
import { describe, expect, it } from 'vitest';
import {
  type AgentRecord,
  createAdvancedSelfHealing,
  createBasicSelfHealing,
  createFleetSelfHealing,
  createFullSelfHealing,
  type FleetSelfHealing,
} from '../../../src/index.ts';
import { constitution } from './cascade.ts';

/** Looks at a service whose check fails, and at one that depends on it, so often. */
async function suffer(fleet: FleetSelfHealing, ids: readonly string[]): Promise<void> {
  for (let look = 0; look < 12; look++) {
    for (const id of ids) await fleet.service(id).heal();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const ill = { check: () => ({ ok: false, reason: 'no answer' }), actions: { restart: () => {} } };

describe('self-healing at a level', () => {
  it('tells what its agents did at level full, and nothing at level basic', async () => {
    for (const [make, expected] of [
      [() => createFullSelfHealing('db', { constitution, ...ill }), 1],
      [() => createBasicSelfHealing('db', ill), 0],
    ] as const) {
      const db = make();
      const records: AgentRecord[] = [];
      db.on('agents', ({ record }) => records.push(record));
      await suffer(db.fleet, ['db']);
      expect(records.filter(({ kind }) => kind === 'escalation')).toHaveLength(expected);
      await db.close();
    }
  });

  it('registers others beside the first, and heals a fleet at the level that it is asked for', async () => {
    const db = createAdvancedSelfHealing('db', { constitution, ...ill });
    db.fleet.registerService('web', { ...ill, dependsOn: ['db'] });
    const records: AgentRecord[] = [];
    db.on('agents', ({ record }) => records.push(record));
    await suffer(db.fleet, ['db', 'web']);
    expect(records).toContainEqual(expect.objectContaining({ kind: 'diagnosis' }));
    await db.fleet.close();
    const fleet = createFleetSelfHealing({ level: 'advanced', constitution });
    await expect(fleet.initialize()).resolves.toBeUndefined();
    await fleet.close();
  });

  it('refuses a level without a constitution, and a constitution that is none', () => {
    expect(() => createFleetSelfHealing({ level: 'full' })).toThrow(/needs a constitution/);
    const none = { articles: [] } as never;
    expect(() => createFullSelfHealing('db', { constitution: none })).toThrow(/needs a constitution/);
    expect(() => createFleetSelfHealing({ level: 'most' as never })).toThrow(/level must be one of/);
  });
});
