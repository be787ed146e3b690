/** Five small real services, each of which shows something else that a kill of the runtime must not change. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InUse } from '../../src/runtime/in-use.ts';
import { makeStrategy } from '../heal/signals.ts';
import { freePort } from '../tools/free-port.ts';
import { removeFleet } from './remove-fleet.ts';

/**
 * `web` is well. `held` is paused and dead. `shut` is cut off by an operator. `loop` ends again and again. `sick` answers its probes with
 * an error, for which the healer runs a command, and restarts it when that has never helped.
 */
export const KILL_SERVICES = ['web', 'held', 'shut', 'loop', 'sick'] as const;
export type KillService = (typeof KILL_SERVICES)[number];

export const RESTARTS_PER_10_MIN = 60;
export const WINDOW_S = 0.25;
export const COOLDOWN_S = 0.5;

const SERVER = `
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { NAME, PORT } = process.env;
appendFileSync('starts.' + NAME, process.pid + '\\n');
const bornMs = Date.now();
createServer((request, response) => {
  response.writeHead(NAME === 'sick' && Date.now() - bornMs > 2000 ? 500 : 200);
  response.end(String(process.pid));
}).listen(Number(PORT), '127.0.0.1');
if (NAME === 'loop') setTimeout(() => process.exit(3), 200 + 600 * Math.random());
`;

export interface KillFleet {
  readonly folder: string;
  readonly config: string;
  readonly journal: string;
  readonly port: Readonly<Record<KillService, number>>;
  readonly gateway: { readonly web: number; readonly shut: number };
  /** Pids of the real processes of a service, in the order in which they began. */
  starts(service: KillService): number[];
  /** Numbers of the actions for which the command of `sick` really ran. */
  commands(): number[];
  /** Ends what is left of it and removes the folder. */
  remove(): void;
}

export async function makeKillFleet(): Promise<KillFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-kills-'));
  const ports: number[] = [];
  for (let at = 0; at < KILL_SERVICES.length + 3; at++) ports.push(await freePort());
  const port = Object.fromEntries(KILL_SERVICES.map((id, at) => [id, ports[at]!])) as KillFleet['port'];
  const [web, shut, control] = ports.slice(KILL_SERVICES.length) as [number, number, number];
  const gateway = { web, shut };
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  mkdirSync(join(folder, 'done'));
  const config = join(folder, 'healix.yaml');
  const services = KILL_SERVICES.map((id) => ({
    id,
    tier: id === 'sick' ? 'lightweight' : 'default',
    command: [process.execPath, join(folder, 'server.mjs')],
    env: { NAME: id, PORT: '{port}' },
    ports: [port[id]],
    stopGraceMs: 2000,
    startGraceMs: 2000,
    probes: { liveness: { http: '/health', intervalMs: 500, timeoutMs: 500 } },
    ...(id === 'web' || id === 'shut' ? { gateway: { port: gateway[id], timeoutMs: 1000 } } : {}),
    ...(id === 'sick'
      ? { actions: { reconnect: { command: ['/bin/sh', '-c', 'echo $HEALIX_ACTION_ID >> done/commands; sleep 0.1'] } } }
      : {}),
  }));
  const guard = { restartsPer10Min: RESTARTS_PER_10_MIN, minHealthy: 0 };
  writeFileSync(config, JSON.stringify({ name: 'kills', services, guard, control: { port: control } }));
  const numbers = (name: string): number[] => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  };
  const starts = (service: KillService): number[] => numbers(`starts.${service}`);
  return {
    ...{ folder, config, port, gateway, starts, journal: join(folder, '.healix', 'journal') },
    commands: () => numbers('done/commands'),
    remove: () => removeFleet(folder, KILL_SERVICES.flatMap(starts)),
  };
}

const RESTART = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
const RECONNECT = ['reconnect', 'reconnect', 'reconnect'] as const;
const base = makeStrategy({
  detection: { windowS: WINDOW_S, unansweredProbes: 4 },
  ladders: { unresponsive: RESTART, 'crash-loop': RESTART },
  pacing: { verifyS: 0.25, cooldownS: COOLDOWN_S, backoff: 1.5, cooldownMaxS: 2, attempts: 4 },
});
const { lightweight } = base.tiers;

/** Looks four times a second and acts every second or two, so that few moments are quiet. */
export const killInUse: InUse = {
  kind: 'strategy',
  name: 'kills',
  hash: 'kills',
  strategy: {
    ...base,
    tiers: {
      ...base.tiers,
      lightweight: { ...lightweight, ladders: { ...lightweight.ladders, unresponsive: RECONNECT } },
    },
  },
};
