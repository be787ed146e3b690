/** Comparisons that outlive a kill: what was finished is not run again, and nothing else is believed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { syntheticFleet } from '../../bench/synthetic-fleet.ts';
import { USUAL_NETWORK } from '../../sim/agents.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import type { SimulationTier } from '../../sim/tiers.ts';
import { runTrial } from '../../sim/trial.ts';
import { baselineContenders, type Contender, healerOf } from '../../src/contenders.ts';
import { contest } from '../../src/run-compare.ts';
import { LEDGER_VERSION, openLedger } from '../../src/trial-ledger.ts';
import { withCoordination } from '../../strategies/coordinate/coordination.ts';
import { defaultGenome } from '../../strategies/genome.ts';
import type { Comparison } from '../../strategies/pack.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-ledger-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fleet = syntheticFleet({ layers: [1], ratePerS: 5 });
const SEED = 'kept';

interface Asked {
  readonly file?: string;
  readonly scenarios?: number;
  readonly tier?: SimulationTier;
  readonly threads?: number;
  readonly contenders?: readonly string[];
  readonly stopAfter?: number;
}

/** The comparison, and how many trials it had to run for it. */
async function compared(asked: Asked): Promise<{ comparison: Comparison; ran: number }> {
  const abort = new AbortController();
  const told: number[] = [];
  let started = 0;
  const ledger = asked.file === undefined ? undefined : openLedger(asked.file, fleet, SEED);
  const comparison = await contest({
    tier: asked.tier ?? 'fluid',
    fleet,
    contenders: [
      { kind: 'pack', name: 'bred', genome: defaultGenome() },
      ...baselineContenders(asked.contenders ?? ['kubernetes']),
    ],
    scenarios: asked.scenarios ?? 12,
    seed: SEED,
    threads: asked.threads ?? 0,
    signal: abort.signal,
    onTrials: (done) => {
      told.push(done);
      if (told.length === asked.stopAfter) abort.abort(new Error('killed'));
    },
    ...(ledger === undefined
      ? {}
      : {
          ledger: {
            find: ledger.find,
            add(batch, results) {
              started += results.length;
              ledger.add(batch, results);
            },
          },
        }),
  });
  return { comparison, ran: started };
}

const path = (name: string): string => join(folder, name);

it.each([
  ['fluid', 0, 12],
  ['requests', 2, 2],
] as const)(
  'a comparison on tier %s with %d threads and %d scenarios, killed and resumed, is the same to the last digit',
  async (tier, threads, scenarios) => {
    const file = path(`killed-${tier}-${threads}`);
    const whole = (await compared({ tier, scenarios })).comparison;
    await expect(compared({ tier, threads, scenarios, file, stopAfter: 2 })).rejects.toThrow('killed');
    const { comparison, ran } = await compared({ tier, threads, scenarios, file });
    expect(comparison).toEqual(whole);
    expect(ran).toBeGreaterThan(0);
    expect(ran).toBeLessThan(2 * scenarios);
    expect(await compared({ tier, threads, scenarios, file })).toEqual({ comparison: whole, ran: 0 });
  },
);

it('says at once how many trials were done before', async () => {
  const file = path('told');
  await compared({ file });
  const told: number[] = [];
  await contest({
    tier: 'fluid',
    fleet,
    contenders: baselineContenders(['kubernetes', 'nothing']),
    scenarios: 12,
    seed: SEED,
    threads: 0,
    onTrials: (done) => told.push(done),
    ledger: openLedger(file, fleet, SEED),
  });
  expect(told).toEqual([12, 22, 24]);
});

it('torn anywhere by a kill goes on from what is whole', async () => {
  const file = path('torn');
  const whole = (await compared({ file, scenarios: 3 })).comparison;
  const text = readFileSync(file, 'utf8');
  const header = text.indexOf('\n') + 1;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: text.length - 1 }), async (length) => {
      writeFileSync(file, text.slice(0, length));
      const { comparison, ran } = await compared({ file, scenarios: 3 });
      expect(comparison).toEqual(whole);
      const lines = length < header ? 0 : text.slice(0, length).split('\n').length - 2;
      expect(ran).toBe(6 - lines);
      expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(8);
    }),
    { numRuns: 6 },
  );
});

it('further scenarios, other contenders and the other tier take from a file what they share with it', async () => {
  const file = path('shared');
  await compared({ file, scenarios: 6 });
  expect((await compared({ file, scenarios: 8 })).ran).toBe(4);
  expect((await compared({ file, scenarios: 8, contenders: ['systemd', 'kubernetes'] })).ran).toBe(8);
  const both = await compared({ file, scenarios: 2, tier: 'requests' });
  expect(both.ran).toBe(4);
  expect(both.comparison).toEqual((await compared({ scenarios: 2, tier: 'requests' })).comparison);
});

it('a file of another fleet or seed is refused, naming every difference, and left as it is', async () => {
  const file = path('other');
  await compared({ file, scenarios: 2 });
  const text = readFileSync(file, 'utf8');
  const other: FleetSpec = { ...fleet, name: 'other' };
  expect(() => openLedger(file, other, 'monday')).toThrow(/fleet: the file has "synthetic-1", this comparison "other"/);
  expect(() => openLedger(file, other, 'monday')).toThrow(/seed: the file has "kept", this comparison "monday"/);
  expect(() => openLedger(file, other, 'monday')).toThrow('Name another file to start anew');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it.each([
  [
    'of another version',
    (text: string) => text.replace(`"ledger":${LEDGER_VERSION}`, '"ledger":99'),
    'the file has 99',
  ],
  ['of anything else', () => 'dear diary', 'does not begin as a file of trials does'],
  ['that is a pack', () => '{\n  "schemaVersion": 3\n}\n', 'does not begin as a file of trials does'],
  ['with a damaged line', (text: string) => text.replace('"requests":', '"requests":null,"x":'), 'line 2 is damaged'],
])('a file %s is refused and left as it is', async (_, damage, message) => {
  const file = path('damaged');
  rmSync(file, { force: true });
  await compared({ file, scenarios: 2 });
  const text = damage(readFileSync(file, 'utf8'));
  writeFileSync(file, text);
  expect(() => openLedger(file, fleet, SEED)).toThrow(message);
  expect(() => openLedger(file, fleet, SEED)).toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('a file that cannot be written is named', () => {
  expect(() => openLedger(path('no/where'), fleet, SEED)).toThrow(/cannot write the trials to .*no\/where/);
});

it('tells apart what one genome does at each level, and over each network', () => {
  const file = join(folder, 'levels');
  const pack = { kind: 'pack', name: 'bred', genome: withCoordination(defaultGenome()) } as const;
  const contenders: Contender[] = [
    pack,
    { ...pack, level: 'advanced' },
    { ...pack, level: 'full' },
    { ...pack, level: 'full', network: { ...USUAL_NETWORK, loss: 0.9 } },
  ];
  const plan = planFleet(fleet);
  const result = runTrial(plan, drawScenario(plan, 'kept/test/0', 60), healerOf(contenders[0]!));
  const ledger = openLedger(file, fleet, SEED);
  for (const [actions, contender] of contenders.entries())
    ledger.add({ tier: 'fluid', fleet, contender, scenarios: ['kept/test/0'] }, [{ ...result, actions }]);
  const again = openLedger(file, fleet, SEED);
  for (const [actions, contender] of contenders.entries())
    expect(again.find({ tier: 'fluid', fleet, contender, scenarios: [] }, 'kept/test/0')?.actions).toBe(actions);
});
