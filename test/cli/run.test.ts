import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/runtime/journal/index.ts';
import { systemClock } from '../../src/runtime/start.ts';
import { healix } from './fakes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-cli-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('healix run', () => {
  it('names every problem of a config at once, starts nothing and exits 2', async () => {
    const config = write('healix.yaml', 'name: shop\nservices:\n  - id: web\n    command: []\n    prots: [1]\n');
    const ran = await healix(['run', '--config', config]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('2 problems');
    expect(ran.err).toContain('services[0].prots (line 5): unknown key');
  });

  it('says so when there is no config', async () => {
    const ran = await healix(['run', '--config', join(folder, 'none.yaml')]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('none.yaml');
  });
});

describe('healix fleet from', () => {
  it('writes a fleet file that healix fleet check takes', async () => {
    const config = write('healix.yaml', 'name: shop\nservices:\n  - id: web\n    command: [node]\n    port: 4000\n');
    const derived = await healix(['fleet', 'from', config]);
    expect(derived.code).toBe(0);
    const fleet = write('fleet.yaml', derived.out);
    const checked = await healix(['fleet', 'check', fleet]);
    expect(checked.code).toBe(0);
    expect(checked.out).toContain('fleet shop, 1 services');
  });
});

describe('healix journal verify', () => {
  it('counts the records of a whole journal, and names a folder that holds none', async () => {
    const journal = await openJournal(join(folder, 'journal'), { clock: systemClock });
    await journal.append({ kind: 'note', atMs: 1, text: 'hello' });
    await journal.close();
    const ran = await healix(['journal', 'verify', join(folder, 'journal')]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^OK \d+ records in 1 file$/m);
    const none = await healix(['journal', 'verify', join(folder, 'none')]);
    expect([none.code, none.out]).toEqual([2, '']);
    const above = await healix(['journal', 'verify', folder]);
    expect([above.code, above.out]).toEqual([2, '']);
    expect(above.err).toContain(`there is no journal in ${folder}; did you mean ${join(folder, 'journal')}?`);
  });
});
