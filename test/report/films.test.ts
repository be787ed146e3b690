/** Where a table of actions is cut, the command it names gives all of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadFleet } from '../../src/fleets.ts';
import { loadNamedPack } from '../../src/named-packs.ts';
import { loadCharts } from '../../src/report/charts/library.ts';
import { gather } from '../../src/report/data/gather.ts';
import type { CompareEvidence } from '../../src/report/evidence.ts';
import { filmsOf } from '../../src/report/page/sections/films.ts';
import { runCompare } from '../../src/run-compare.ts';
import { healix } from '../cli/fakes.ts';

it('names a command that healix takes, with fleet, tier, level and scenario', async () => {
  const evidence: CompareEvidence[] = [];
  const { fleet } = loadFleet('teastore');
  const { pack } = loadNamedPack('default');
  const options = { fleet, scenarios: 4, seed: "it's", tier: 'fluid', threads: 0, baselines: ['kubernetes'] } as const;
  await runCompare({ ...options, packs: [{ file: 'default', pack }], keep: (kept) => evidence.push(kept) }, () => {});
  const request = { kind: 'compare', evidence, command: 'healix compare', threads: 0, geneTrials: 20 } as const;
  const data = await gather(request, { onProgress: () => {} });
  const draw = await loadCharts();
  const { markup } = filmsOf(data.views[0]!, draw, 'x', 1);
  const commands = [...markup.matchAll(/all \d+ by (healix simulate [^<]*?FILE\.jsonl)/g)].map(([, command]) =>
    command!.replaceAll('&#39;', "'"),
  );
  expect(commands.length).toBeGreaterThan(1);
  expect(commands.some((command) => command.includes('--strategy PACK.json'))).toBe(true);
  const folder = mkdtempSync(join(tmpdir(), 'healix-films-'));
  try {
    for (const command of new Set(commands)) {
      // As a shell reads it.
      const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
        .trim()
        .split('\n');
      expect(words[words.indexOf('--scenario-seed') + 1]).toMatch(/^it's\/test\/\d$/);
      const real: Record<string, string> = { 'PACK.json': 'default', 'FILE.jsonl': join(folder, 'trace.jsonl') };
      expect(await healix(words.slice(1).map((word) => real[word] ?? word))).toMatchObject({ code: 0, err: '' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 240_000);
