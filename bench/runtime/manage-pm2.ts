/** pm2 itself, with a home of its own: as it ships, or as a careful user would set it up. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEMO_SERVICES, environmentOf, MEMORY_MB, programOf } from '../../src/demo/fleet.ts';
import type { Manager } from './manager.ts';
import { openPlainGateway } from './plain-gateway.ts';
import { isRunning, type Site, startsOf } from './site.ts';

export type Pm2Settings = Readonly<Record<string, string | number>>;
export const AS_SHIPPED: Pm2Settings = {};
/** What its documentation recommends for services that may leak or fail in a row; the limit is the one healix is given. */
export const CAREFUL: Pm2Settings = { max_memory_restart: `${MEMORY_MB}M`, exp_backoff_restart_delay: 100 };
const COMMAND_MS = 30_000;

export function pm2(site: Site, program: string, settings: Pm2Settings): Manager {
  const gateway = openPlainGateway(site);
  const home = join(site.folder, 'pm2');
  const run = async (...words: string[]): Promise<void> => {
    await promisify(execFile)(process.execPath, [program, ...words], {
      cwd: site.folder,
      env: { ...process.env, PM2_HOME: home, PM2_DISCRETE_MODE: 'true' },
      timeout: COMMAND_MS,
    });
  };
  return {
    told: [],
    async start() {
      await gateway.open();
      const file = join(site.folder, 'ecosystem.json');
      writeFileSync(file, JSON.stringify({ apps: appsOf(site, settings) }));
      await run('start', file);
    },
    restart: (service) => run('restart', service),
    async close() {
      const daemon = daemonOf(home);
      await run('kill').catch(() => {});
      if (daemon !== null) end(daemon, (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('PM2'));
      for (const { pid } of startsOf(site)) end(pid, isRunning);
      await gateway.close();
    },
  };
}

/** One application per service, in the order of the fleet. */
export function appsOf(site: Site, settings: Pm2Settings): Readonly<Record<string, unknown>>[] {
  const { loader, program } = programOf();
  return DEMO_SERVICES.map((service) => ({
    name: service.id,
    script: program,
    cwd: site.folder,
    interpreter: process.execPath,
    ...(loader.length > 0 ? { node_args: [...loader] } : {}),
    env: environmentOf(service, site.ports, String(site.ports.replica[service.id]), 'current'),
    ...settings,
  }));
}

function daemonOf(home: string): number | null {
  try {
    return Number(readFileSync(join(home, 'pm2.pid'), 'utf8')) || null;
  } catch {
    return null;
  }
}

/** Only if it is still what it was: pids are given again. */
function end(pid: number, isIt: (pid: number) => boolean): void {
  try {
    if (isIt(pid)) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
