/** `healix run`, killed at any moment: the service does not notice, and the next start goes on from the journal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import seedrandom from 'seedrandom';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, verifyJournal } from '../../src/runtime/journal/index.ts';
import { systemClock } from '../../src/runtime/start.ts';
import { ask, makeSite, type Site, until } from './harness.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');
const KILLS = 5;
const SEED = 'kills';

let site: Site;
let runtime: ChildProcess | null = null;

beforeEach(async () => {
  site = await makeSite();
});

afterEach(async () => {
  // The last one stops what it runs.
  if (runtime !== null) await end('SIGINT');
  site.remove();
});

function run(): { readonly child: ChildProcess; readonly lines: () => string } {
  const args = ['--import', LOADER, MAIN, 'run', '--config', site.config, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.on('data', (chunk) => {
    text += String(chunk);
  });
  runtime = child;
  return { child, lines: () => text };
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const child = runtime!;
  runtime = null;
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

describe('healix run', () => {
  it('killed again and again, harms no service, starts none twice and keeps a sound journal', async () => {
    const random = seedrandom(SEED);
    run();
    await until('the service answers', async () => (await ask(site.gateway, '/work'))?.status === 200);
    const pid = (await ask(site.port, '/work'))!.body;
    for (let kill = 0; kill < KILLS; kill++) {
      await end('SIGKILL');
      expect((await ask(site.port, '/work'))?.body, `${SEED}: kill ${kill}`).toBe(pid);
      const again = run();
      // From before it has read its journal until some time after it is at work.
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 2000 * random()));
      else {
        await until('it is ready', () => again.lines().includes('"kind":"ready"'));
        expect(again.lines(), `${SEED}: kill ${kill}`).toContain('"adopted":1,"started":0');
        await new Promise((resolve) => setTimeout(resolve, 1000 * random()));
      }
    }
    await end('SIGKILL');
    expect((await ask(site.port, '/work'))?.body).toBe(pid);
    const folder = join(site.folder, '.healix', 'journal');
    // An unfinished last line may be there: opening cuts it off, and then everything must be good.
    const journal = await openJournal(folder, { clock: systemClock });
    await journal.close();
    expect(await verifyJournal(folder)).toMatchObject({ kind: 'good' });
    run();
    await until('it serves again', async () => (await ask(site.gateway, '/work'))?.body === pid);
  }, 180_000);
});
