import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makePack, sha256 } from '../../src/packs.ts';
import tuned from '../../strategies/baselines/sre-runbook.json' with { type: 'json' };
import { sreRunbook, sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import {
  canonicalJson,
  comparisonSchema,
  PACK_LENGTH_MAX,
  PACK_SCHEMA_VERSION,
  type Pack,
  packGenome,
  packStrategy,
  packText,
  parsePack,
  provedComparisons,
} from '../../strategies/pack.ts';
import { samplePack } from './sample-pack.ts';

/** JSON of the sample with something changed, and the hash made right again unless told otherwise. */
function altered(change: (draft: Pack) => void, hash: 'rehashed' | 'stale' = 'rehashed'): string {
  const draft = structuredClone(samplePack());
  change(draft);
  if (hash === 'rehashed') {
    const { hash: _old, signature: _signature, ...sealed } = draft;
    Object.assign(draft, { hash: sha256(canonicalJson(sealed)) });
  }
  return JSON.stringify(draft);
}

function refusalOf(text: string): { code: string; problem: string; advice: string } {
  const reading = parsePack(text, sha256);
  if (reading.kind !== 'refused') throw new Error('the pack was accepted');
  return reading;
}

describe('a pack', () => {
  test('comes back from its own text with the same genome and strategy', () => {
    const pack = samplePack();
    expect(parsePack(packText(pack), sha256)).toEqual({ kind: 'pack', pack });
    expect(packGenome(pack)).toEqual(sreRunbookGenome);
    expect(packStrategy(pack)).toEqual(sreRunbook);
  });

  test('is the same bytes each time it is made', () => {
    expect(packText(samplePack())).toBe(packText(samplePack()));
  });

  test('names choices by their words and numbers by their value', () => {
    expect(samplePack().genome).toMatchObject({
      'critical.unresponsive.first': 'restart-hard',
      'critical.verifyS': tuned['critical.verifyS'],
    });
  });

  test('may have its keys in another order', () => {
    const pack = samplePack();
    const turned = Object.fromEntries(Object.entries(pack).reverse());
    expect(parsePack(JSON.stringify(turned), sha256).kind).toBe('pack');
  });

  test('carries a proof whose fleets are what compare prints', () => {
    const [fleet] = samplePack().proof.fleets;
    const printed = { ...fleet, tier: 'fluid', versions: { healix: '0.1.0', node: 20, v8: 11 } };
    expect(comparisonSchema.safeParse(printed).success).toBe(true);
    expect(provedComparisons(samplePack())[0]).toEqual(printed);
    expect(comparisonSchema.safeParse({ ...printed, tier: 'proved' }).success).toBe(false);
    expect(comparisonSchema.safeParse({ ...printed, scenarios: 0 }).success).toBe(false);
  });
});

describe('a pack that the referee saw', () => {
  const { fleets } = samplePack().proof;
  const seen = { ...fleets[0]!, tier: 'requests' as const, versions: { healix: '0.1.0', node: 20, v8: 11 } };
  const made = (refereed: Pack['proof']['refereed']): Pack => {
    const { name, provenance } = samplePack();
    return makePack({ name, genome: sreRunbookGenome, provenance, proof: { tier: 'fluid', fleets, refereed } });
  };

  test('carries tier, seed and versions of what it saw, under the hash', () => {
    const pack = made([seen]);
    expect(pack.proof.refereed).toEqual([seen]);
    expect(parsePack(packText(pack), sha256)).toEqual({ kind: 'pack', pack });
    expect(pack.hash).not.toBe(samplePack().hash);
  });

  test('has a verdict for each of its fleets, all of tier 2', () => {
    expect(() => made([{ ...seen, fleet: 'another' }])).toThrow('the referee saw the fleets of the proof');
    expect(() => made([seen, seen])).toThrow('the referee saw the fleets of the proof');
    expect(() => made([{ ...seen, tier: 'fluid' as 'requests' }])).toThrow('requests');
  });
});

describe('a pack is refused', () => {
  test('whatever single character of it is cut off at the end or anywhere before', () => {
    const text = packText(samplePack()).trimEnd();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(refusalOf(text.slice(0, length)).code).toBe('pack-not-json');
      }),
      { numRuns: 100 },
    );
  });

  test('when any of its values was edited', () => {
    const { code, problem } = refusalOf(
      altered((draft) => Object.assign(draft.proof.fleets[0]!, { seed: 'another' }), 'stale'),
    );
    expect(code).toBe('pack-edited');
    expect(problem).toContain('changed after it was made');
    const genes = refusalOf(altered((draft) => Object.assign(draft.genome, { 'critical.verifyS': 21 }), 'stale'));
    expect(genes.code).toBe('pack-edited');
  });

  test.each([
    ['1', 1],
    ['"1"', '1'],
    ['null', null],
  ])('when its schema version is %s', (shown, version) => {
    const { code, problem, advice } = refusalOf(altered((draft) => Object.assign(draft, { schemaVersion: version })));
    expect(code).toBe('pack-schema-version');
    expect(problem).toContain(`schemaVersion is ${shown}, this healix reads ${PACK_SCHEMA_VERSION}`);
    expect(advice).toContain('breed the pack again');
  });

  test('when it was made with another gene table, before any gene is complained of', () => {
    const { code, problem } = refusalOf(
      altered((draft) => Object.assign(draft, { geneTable: 'b'.repeat(64), genome: { other: 1 } })),
    );
    expect(code).toBe('pack-gene-table');
    expect(problem).not.toContain('other');
  });

  test('with every problem named at once, each with its place', () => {
    const { code, problem } = refusalOf(
      altered((draft) => {
        Object.assign(draft, { comment: 'hello' });
        Object.assign(draft.genome, { 'critical.verifyS': 100_000, 'rule1.remedy': 'pray', unknownGene: 1 });
        Object.assign(draft.provenance, { node: 'twenty', startedAt: 17 });
      }),
    );
    expect(code).toBe('pack-invalid');
    for (const part of [
      '"comment"',
      'critical.verifyS',
      'rule1.remedy',
      '"unknownGene"',
      'provenance.node',
      '"startedAt"',
    ]) {
      expect(problem).toContain(part);
    }
  });

  test('when a gene is missing', () => {
    const text = altered((draft) => {
      delete draft.genome['holds.rerouteS'];
    });
    expect(refusalOf(text).problem).toContain('holds.rerouteS');
  });

  test('when its genes contradict each other', () => {
    const text = altered((draft) => Object.assign(draft.genome, { 'detection.confirm': 4, 'detection.confirmOf': 2 }));
    expect(refusalOf(text).problem).toMatch(
      /2 is not representable, the nearest value is 4[\s\S]*detection\.confirmOf/,
    );
  });

  test('when it smuggles in a prototype', () => {
    const text = packText(samplePack()).replace('{', '{"__proto__": {"polluted": 1},');
    expect(refusalOf(text).code).toBe('pack-invalid');
  });

  test.each([
    ['no object', '[1]', 'not-a-pack'],
    ['null', 'null', 'not-a-pack'],
    ['another JSON file', '{"name":"healix"}', 'not-a-pack'],
    ['empty', '', 'pack-not-json'],
    ['far too long', ' '.repeat(PACK_LENGTH_MAX + 1), 'pack-too-long'],
  ])('when it is %s', (_, text, code) => {
    expect(refusalOf(text).code).toBe(code);
  });
});

describe('canonical JSON', () => {
  test('is the same for equal content in any order of keys', () => {
    expect(canonicalJson({ b: [{ y: 1, x: 2 }], a: null })).toBe('{"a":null,"b":[{"x":2,"y":1}]}');
  });

  test('loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });
});
