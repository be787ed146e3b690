/** The packs that ship: whole, made as they say, and no worse than they claim. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { champion, proofOf, resultTable, scoreOf, shipped, TABLE_FLEETS } from '../../bench/table.ts';
import { loadFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { sha256 } from '../../src/packs.ts';
import { contest } from '../../src/run-compare.ts';
import { canonicalJson, packGenome } from '../../strategies/pack.ts';

const NAMES = [...TABLE_FLEETS, 'default'] as const;

describe('the shipped packs', () => {
  for (const name of NAMES) {
    it(`${name} says how it was made, on fleets that are still the same`, () => {
      const { provenance } = shipped(name);
      expect(provenance.command).toMatch(/^healix evolve .*--seed 0\.1\.0/);
      for (const { name: fleet, digest } of provenance.fleets) {
        expect(digest, fleet).toBe(sha256(canonicalJson(loadFleet(fleet).fleet)));
      }
    });

    it(`${name} lost less than every baseline, with the whole interval on its side, and spent no more`, () => {
      const pack = shipped(name);
      for (const { name: fleet } of pack.provenance.fleets) {
        const proof = proofOf(pack, fleet);
        expect(proof.scenarios).toBe(200);
        const best = champion(proof);
        const rivals = proof.paired.filter(({ a, b }) => a === best.name && b !== 'oracle');
        expect(rivals.length).toBeGreaterThanOrEqual(14);
        for (const { b, difference } of rivals) expect(difference.ci95[1], `${fleet}: against ${b}`).toBeLessThan(0);
        const runbook = scoreOf(proof, 'sre-runbook');
        expect(best.lostUserMinutes.mean).toBeLessThan(0.9 * runbook.lostUserMinutes.mean);
        expect(best.replicaHours).toBeLessThanOrEqual(1.05 * runbook.replicaHours);
      }
    });
  }

  const pack = shipped('teastore');
  const sameEngine = pack.provenance.node === Number(process.versions.node.split('.')[0]);
  it.runIf(sameEngine)(
    'teastore: proved again on the same 200 scenarios, it loses the same to the last digit',
    async () => {
      const contenders = [{ kind: 'pack', name: pack.name, genome: packGenome(pack) } as const];
      const { fleet } = loadFleet('teastore');
      const again = await contest({ fleet, contenders, scenarios: 200, seed: pack.provenance.seed, threads: 0 });
      expect(again.strategies[0]).toEqual(champion(proofOf(pack, 'teastore')));
    },
    60_000,
  );

  it('fill the table in the README', () => {
    expect(readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8')).toContain(resultTable());
  });
});
