/** The runtime, killed at any moment: services do not notice, and the next start goes on from the journal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, makeSite, type Site, until } from './harness.ts';
import { type KillFleet, makeKillFleet } from './kill-fleet.ts';
import { costOf, sufferKills } from './kills.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');
const KILLS = 20;

let fleet: KillFleet | null = null;
let site: Site | null = null;
let runtime: ChildProcess | null = null;

afterEach(async () => {
  // The last one stops what it runs.
  if (runtime !== null) await end('SIGINT');
  site?.remove();
  fleet?.remove();
  fleet = null;
  site = null;
});

async function end(signal: NodeJS.Signals): Promise<void> {
  const child = runtime!;
  runtime = null;
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

describe('the runtime', () => {
  it(`killed ${KILLS} times harms no service, acts once for each intent and forgets nothing`, async () => {
    fleet = await makeKillFleet();
    const killed = await sufferKills({ fleet, kills: KILLS, seed: 'kills' });
    expect(killed.actions).toBeGreaterThan(KILLS / 2);
    expect(killed.torn).toBeGreaterThan(0);
    console.log(costOf(killed));
  }, 240_000);
});

describe('healix run', () => {
  it('is killed, and the next one adopts what runs', async () => {
    site = await makeSite();
    const run = (): (() => string) => {
      const args = ['--import', LOADER, MAIN, 'run', '--config', site!.config, '--json'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += String(chunk);
      });
      runtime = child;
      return () => text;
    };
    run();
    await until('the service answers', async () => (await ask(site!.gateway, '/work'))?.status === 200);
    const pid = (await ask(site.port, '/work'))!.body;
    await end('SIGKILL');
    expect((await ask(site.port, '/work'))?.body).toBe(pid);
    const lines = run();
    await until('it is ready', () => lines().includes('"kind":"ready"'));
    expect(lines()).toContain('"adopted":1,"started":0');
    await until('it serves again', async () => (await ask(site!.gateway, '/work'))?.body === pid);
  }, 240_000);
});
