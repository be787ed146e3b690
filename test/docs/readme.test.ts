/** Every command and every fleet that the README shows is run. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { readFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { loadConfig, parseConfig } from '../../src/runtime/config.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import { fakeIo } from '../cli/fakes.ts';
import { makeStrategy } from '../heal/signals.ts';
import { makeSite } from '../runtime/harness.ts';

const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
interface Measured {
  readonly standings: readonly {
    readonly contender: string;
    readonly availability: { readonly value: number };
    readonly timeToRecoverS: { readonly mean: { readonly value: number } };
    readonly timeToServeS: { readonly mean: { readonly value: number } };
    readonly neverRecovered: number;
    readonly faults: number;
  }[];
}
const isAsking = (command: string): boolean =>
  /^healix (top|status|history|metrics|heal|pause|resume|isolate|release|reload|approve|deny)\b/.test(command);
const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/#.*$/, '').trim())
  .filter((line) => line.startsWith('healix '));

describe('the README', () => {
  it('names the two commands that set a fresh machine up', () => {
    expect(readme).toContain('npm ci && npm run evolve');
    expect(readme).toContain('npm ci && npm test');
  });

  it('shows commands', () => {
    expect(commands.length).toBeGreaterThanOrEqual(6);
  });

  for (const command of commands.filter((words) => !isAsking(words))) {
    it(`runs: ${command}`, async () => {
      const io = fakeIo();
      const code = await main(command.split(/\s+/).slice(1), io);
      expect(io.written.err).not.toMatch(/error/i);
      expect(code).toBe(0);
      expect(io.written.out.length).toBeGreaterThan(20);
    }, 60_000);
  }

  it('asks a running healix with every command that it shows for that', async () => {
    const asking = commands.filter(isAsking);
    expect(asking.length).toBeGreaterThanOrEqual(6);
    const site = await makeSite();
    const strategy = makeStrategy({ detection: { windowS: 1 }, ladders: { anomaly: ['restart-hard'] } });
    const runtime = await startRuntime({
      config: loadConfig(site.config),
      readConfig: () => loadConfig(site.config),
      inUse: { kind: 'strategy', name: 'test', hash: 'test', strategy },
      version: 'test',
    });
    try {
      for (const command of asking) {
        const io = fakeIo();
        const code = await main([...command.split(/\s+/).slice(1), '--config', site.config], io);
        const { err } = io.written;
        // Nothing waits here, and one replica is the last one: it is told so.
        if (code !== 0) expect(err, command).toMatch(/no action 12 waits|healthy replicas would stay/);
        else expect(io.written.out.length, command).toBeGreaterThan(10);
        // What is paused is left alone by every order.
        await runtime.order('web', 'resume');
      }
    } finally {
      await runtime.close({ leaveRunning: false });
      site.remove();
    }
  }, 60_000);

  it('shows a library call that works', async () => {
    const [example] = blocks('ts');
    const face = pathToFileURL(join(PACKAGE_ROOT, 'src/index.ts')).href;
    const surroundings = `
      const pool = { reopen() {}, replace() {} };
      globalThis.fetch = async () => new Response('tea');
    `;
    const end = 'console.log(await tea.text()); await prices.fleet.close();';
    const folder = mkdtempSync(join(tmpdir(), 'healix-readme-'));
    try {
      const file = join(folder, 'example.mts');
      writeFileSync(
        file,
        `${example!.replace("'healix'", JSON.stringify(face))}\n${end}`.replace('\n\n', `\n${surroundings}\n`),
      );
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
        timeout: 30_000,
      });
      expect(stdout).toBe('tea\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it.each([
    ['the pack bred for this fleet in simulation', 'pack:demo'],
    ['the default pack', 'pack:default'],
    ['the hand-written runbook', 'baseline:sre-runbook'],
    ['pm2 7', 'pm2'],
    ["Kubernetes' defaults, run by healix", 'baseline:kubernetes'],
    ['nobody', 'nobody'],
  ])('tells of %s what the benchmark on real services found', (words, contender) => {
    const measured = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'bench/runtime.json'), 'utf8')) as Measured;
    const found = measured.standings.find((one) => one.contender === contender)!;
    const seconds = ({ mean }: { mean: { value: number } }): string => `${mean.value.toFixed(0)} s`;
    const served = `${(100 * found.availability.value).toFixed(0)} %`;
    const times = `${seconds(found.timeToRecoverS)} | ${seconds(found.timeToServeS)}`;
    const row = `| ${words} | ${served} | ${times} | ${found.neverRecovered} of ${found.faults} |`;
    expect(readme.replaceAll('**', '')).toContain(row);
  });

  it('shows a fleet file that is valid', () => {
    const [yaml] = blocks('yaml');
    expect(readFleet(yaml!, 'README.md').fleet.services).toHaveLength(2);
  });

  it('shows a config of the runtime that is valid', () => {
    const [, yaml] = blocks('yaml');
    expect(parseConfig(yaml!, PACKAGE_ROOT)).toMatchObject({ kind: 'ok', config: { name: 'shop' } });
  });
});
