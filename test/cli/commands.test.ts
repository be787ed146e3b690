import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFleet } from '../../src/fleets.ts';
import { readPack, writePack } from '../../src/packs.ts';
import { paragraph } from '../../strategies/explain-words.ts';
import { type Calls, fakeIo, fakePack, fakeRunners, healix } from './fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

const pack = file('a.pack.json');
writePack(pack, fakePack());

describe('simulate', () => {
  const calls: Calls = { evolve: [], compare: [], simulate: [] };
  const runners = fakeRunners({}, calls);
  const asked = () => calls.simulate.at(-1)!;

  it('runs a baseline, the oracle or a pack through the first test scenario of the seed', async () => {
    await healix(['simulate', '--strategy', 'kubernetes', '--seed', 'friday'], runners);
    expect(asked()).toMatchObject({
      strategy: { kind: 'baseline', name: 'kubernetes' },
      scenarioSeed: 'friday/test/0',
      traced: false,
    });
    await healix(['simulate', '--strategy', 'oracle', '--scenario-seed', 'monday/test/9'], runners);
    expect(asked()).toMatchObject({ strategy: { kind: 'oracle' }, scenarioSeed: 'monday/test/9' });
    await healix(['simulate', '--strategy', pack, '--fleet', 'teastore'], runners);
    expect(asked()).toMatchObject({
      strategy: { kind: 'pack', file: pack, pack: fakePack() },
      fleet: { name: 'teastore' },
    });
  });

  it('prints costs and incidents', async () => {
    const { code, out } = await healix(['simulate', '--strategy', 'kubernetes'], runners);
    expect(code).toBe(0);
    for (const words of [
      'tier: fluid',
      '812.6',
      '99.123 %',
      '2 min 05 s',
      'crash',
      '1 min 01 s',
      'not within the hour',
    ]) {
      expect(out).toContain(words);
    }
  });

  it('prints one object without the trace, and the trace as lines to its file', async () => {
    const trace = file('hour.jsonl');
    const { out } = await healix(['simulate', '--strategy', 'kubernetes', '--trace', trace, '--json'], runners);
    expect(JSON.parse(out)).toMatchObject({ strategy: 'kubernetes', unrecovered: 1 });
    expect(JSON.parse(out)).not.toHaveProperty('trace');
    expect(readFileSync(trace, 'utf8')).toBe('{"atMs":1,"kind":"crash"}\n{"atMs":2,"kind":"action"}\n');
  });

  it.each([
    [['--port', '4000'], 'add --watch'],
    [['--speed', '30'], 'add --watch'],
    [['--watch', '--port', 'x'], '--port takes a whole number from 0 to 65535'],
    [['--watch', '--speed', '0'], '--speed takes a whole number from 1 to 10000'],
    [['--watch', '--trace', file('x.jsonl')], 'do not go together'],
    [['--watch', '--check-determinism'], 'nobody can watch'],
  ])('refuses %j', async (words, reason) => {
    const before = calls.simulate.length;
    const { code, err } = await healix(['simulate', '--strategy', 'kubernetes', ...words], runners);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
    expect(calls.simulate).toHaveLength(before);
  });

  it('refuses an unknown strategy with the known ones, and no strategy at all', async () => {
    const before = calls.simulate.length;
    const unknown = await healix(['simulate', '--strategy', 'kubernets', '--trace', '/nowhere/x'], runners);
    expect(unknown.code).toBe(2);
    for (const words of [
      '2 problems',
      'did you mean kubernetes?',
      'nothing, kubernetes, systemd, oracle',
      'there is no folder /nowhere',
    ]) {
      expect(unknown.err).toContain(words);
    }
    expect((await healix(['simulate'], runners)).err).toContain('--strategy is missing');
    expect(calls.simulate).toHaveLength(before);
  });
});

describe('explain', () => {
  it('prints the runbook, as text or as one object', async () => {
    expect(await healix(['explain', pack])).toEqual({ code: 0, out: 'Runbook of online-boutique\n', err: '' });
    const { out } = await healix(['explain', pack, '--json']);
    expect(JSON.parse(out)).toEqual({
      pack: 'online-boutique',
      hash: fakePack().hash,
      runbook: 'Runbook of online-boutique',
    });
  });

  it('is as wide as the terminal where that is narrow, and as ever in a pipe', async () => {
    const runbook = `${paragraph(Array(60).fill('word').join(' '), '- ').join('\n')}\n`;
    const runners = fakeRunners({ explain: async () => runbook });
    const narrow = await healix(['explain', pack], runners, fakeIo({ tty: true, columns: 80 }));
    expect(narrow.out.replace(/\s+/g, ' ')).toBe(runbook.replace(/\s+/g, ' '));
    // "- ", then fifteen words of four letters and the blanks between them.
    expect(narrow.out.split('\n').map(({ length }) => length)).toEqual([76, 76, 76, 76, 0]);
    expect((await healix(['explain', pack], runners, fakeIo({ tty: true, columns: 120 }))).out).toBe(runbook);
    expect((await healix(['explain', pack], runners, fakeIo({ columns: 80 }))).out).toBe(runbook);
  });

  it('refuses what is no pack', async () => {
    const { code, err } = await healix(['explain', file('none')]);
    expect(code).toBe(2);
    expect(err).toContain('no pack file');
    writeFileSync(file('cut.json'), readFileSync(pack, 'utf8').slice(0, 500));
    expect(await healix(['explain', file('cut.json')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('not complete JSON'),
    });
  });
});

describe('fleet', () => {
  it('checks a shipped fleet and sums it up', async () => {
    const { code, out } = await healix(['fleet', 'check', 'teastore']);
    expect(code).toBe(0);
    expect(out).toMatch(/^OK teastore: fleet teastore, 6 services, 18 replicas\n/);
    expect(out).toMatch(/webui +critical +3 +1 +100\.0 +55 %/);
  });

  it('checks a file, names every problem with its path and exits 2', async () => {
    writeFileSync(
      file('bad.yaml'),
      'name: x\nservices:\n  - {id: a, dependsOn: [{service: b}]}\n  - {id: b, dependsOn: [{service: a}], workers: 0}\n',
    );
    const { code, out, err } = await healix(['fleet', 'check', file('bad.yaml')]);
    expect([code, out]).toEqual([2, '']);
    for (const words of [
      '3 problems',
      'services[1].workers (line 4)',
      'dependency cycle a -> b -> a',
      'no service has an entry',
    ]) {
      expect(err).toContain(words);
    }
  });

  it('warns of services that are never called or too busy, and still says OK', async () => {
    writeFileSync(
      file('odd.yaml'),
      'name: odd\nservices:\n  - {id: web, workers: 1, serviceMs: {mean: 40}, entry: {ratePerS: 100}}\n  - {id: attic}\n',
    );
    const { code, out } = await healix(['fleet', 'check', file('odd.yaml'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      fleet: 'odd',
      warnings: [
        expect.stringContaining('attic is never called'),
        expect.stringContaining('web is 133 % busy at normal load: more than it can serve'),
      ],
      services: [
        { service: 'web', replicas: 3, callsPerS: 100, utilisation: expect.closeTo(4 / 3) },
        { service: 'attic', utilisation: 0 },
      ],
    });
  });

  it('lists what ships', async () => {
    const { out } = await healix(['fleet', 'list', '--json']);
    expect(JSON.parse(out)).toEqual({
      fleets: [
        { name: 'online-boutique', services: 11, replicas: 33 },
        { name: 'otel-demo', services: 15, replicas: 45 },
        { name: 'teastore', services: 6, replicas: 18 },
      ],
    });
    expect((await healix(['fleet', 'list'])).out).toContain('otel-demo');
    const unknown = await healix(['fleet', 'show', 'nosuch']);
    expect(unknown.err).toContain('Shipped fleets: online-boutique, otel-demo, teastore.');
  });

  it('shows a fleet as written, and with --json with its defaults filled in, which reads back the same', async () => {
    const written = await healix(['fleet', 'show', 'online-boutique']);
    const understood = await healix(['fleet', 'show', 'online-boutique', '--json']);
    expect(written.out).toMatch(/^# Online Boutique/);
    expect(readFleet(written.out, 'x').fleet).toEqual(JSON.parse(understood.out));
    expect(readFleet(understood.out, 'x').fleet).toEqual(JSON.parse(understood.out));
  });
});

describe('pack', () => {
  const keys = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519');
  writeFileSync(file('private.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('public.pem'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(file('other.pem'), other.publicKey.export({ type: 'spki', format: 'pem' }));

  it('signs a copy, which then verifies with the key and not with another', async () => {
    const signed = file('signed.json');
    expect((await healix(['pack', 'sign', pack, '--key', file('private.pem'), '--out', signed])).code).toBe(0);
    expect(readPack(pack).signature).toBeUndefined();
    expect((await healix(['pack', 'verify', signed, '--key', file('public.pem')])).code).toBe(0);
    const { code, err } = await healix(['pack', 'verify', signed, '--key', file('other.pem')]);
    expect(code).toBe(2);
    expect(err).toContain('another key');
  });

  it('verifies an unsigned pack unless a key is asked for', async () => {
    const { code, out } = await healix(['pack', 'verify', pack, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ok: true,
      pack: 'online-boutique',
      hash: fakePack().hash,
      seal: { kind: 'unsigned' },
    });
    expect((await healix(['pack', 'verify', pack, '--key', file('public.pem')])).code).toBe(2);
    const isFolder = await healix(['pack', 'verify', pack, '--key', file('.')]);
    expect([isFolder.code, isFolder.out]).toEqual([2, '']);
    expect(isFolder.err).toContain('cannot be read: it is a folder, give the path of a file');
  });

  it('refuses an edited pack', async () => {
    writeFileSync(file('edited.json'), readFileSync(pack, 'utf8').replace('"friday"', '"monday"'));
    const { code, err } = await healix(['pack', 'verify', file('edited.json')]);
    expect(code).toBe(2);
    expect(err).toContain('changed after it was made');
  });

  it('refuses a key that cannot be read, and a place that cannot be written, and writes nothing', async () => {
    expect((await healix(['pack', 'sign', pack, '--key', file('none.pem')])).err).toContain('cannot be read');
    const target = file('no/where.json');
    expect((await healix(['pack', 'sign', pack, '--key', file('private.pem'), '--out', target])).code).toBe(2);
    expect(existsSync(target)).toBe(false);
    expect(readPack(pack)).toEqual(fakePack());
  });

  it('shows where a pack comes from and what was proved, or the whole pack', async () => {
    const { out } = await healix(['pack', 'show', pack]);
    for (const words of [
      fakePack().hash,
      'healix evolve --fleet online-boutique',
      '20000 trials',
      'tier: fluid',
      'The referee, which follows every request, saw 20 scenarios of online-boutique (requests)',
    ]) {
      expect(out).toContain(words);
    }
    expect(JSON.parse((await healix(['pack', 'show', pack, '--json'])).out)).toEqual(fakePack());
  });
});
