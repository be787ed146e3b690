/** Two real services, of which one needs the other: `db` can be broken until it is started again, and `web` is unwell with it. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InUse } from '../../../src/runtime/in-use.ts';
import { DEFAULT_COORDINATION } from '../../../strategies/coordinate/coordination.ts';
import { makeStrategy } from '../../heal/signals.ts';
import { freePort } from '../../tools/free-port.ts';
import { removeFleet } from '../remove-fleet.ts';

const LADDER = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
const base = makeStrategy({
  detection: { windowS: 1, unansweredProbes: 2 },
  ladders: { unresponsive: LADDER, 'crash-loop': LADDER },
  // A cause that is not healed for long frees its victims.
  pacing: { verifyS: 1, cooldownS: 2, backoff: 1.5, cooldownMaxS: 5 },
});

/** Alone it would start anew whoever does not answer. Waits so long for word from others that the order of probes does not matter. */
export const teamInUse: InUse = {
  kind: 'strategy',
  name: 'team',
  hash: 'team',
  strategy: { ...base, coordination: { ...DEFAULT_COORDINATION, graceMs: 3000, holdS: 300 } },
};

const SERVER = `
import { appendFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
const { NAME, PORT, DB } = process.env;
appendFileSync('starts.' + NAME, process.pid + '\\n');
let broken = false;
createServer((request, response) => {
  if (request.url === '/break') broken = true;
  const answer = (status) => { response.writeHead(status); response.end(String(process.pid)); };
  if (NAME === 'db') return answer(broken ? 500 : 200);
  get({ host: '127.0.0.1', port: Number(DB), path: '/', timeout: 400 }, (found) => { found.resume(); answer(found.statusCode); })
    .on('timeout', function () { this.destroy(); })
    .on('error', () => answer(502));
}).listen(Number(PORT), '127.0.0.1');
`;

export interface TeamFleet {
  readonly config: string;
  readonly journal: string;
  readonly db: number;
  /** Pids of the real processes of a service, in the order in which they began. */
  starts(service: 'db' | 'web'): number[];
  /** Ends what is left of it and removes the folder. */
  remove(): void;
}

export async function makeTeamFleet(): Promise<TeamFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-team-'));
  const [db, web, control] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  const service = (id: string, port: number) => ({
    id,
    command: [process.execPath, join(folder, 'server.mjs')],
    env: { NAME: id, PORT: '{port}', DB: String(db) },
    ports: [port],
    stopGraceMs: 2000,
    startGraceMs: 10_000,
    probes: { liveness: { http: '/health', intervalMs: 1000, timeoutMs: 1000 } },
    ...(id === 'web' ? { dependsOn: [{ service: 'db' }] } : {}),
  });
  const config = join(folder, 'healix.yaml');
  const services = [service('db', db), service('web', web)];
  const guard = { minHealthy: 0 };
  writeFileSync(config, JSON.stringify({ name: 'team', services, guard, control: { port: control } }));
  const starts = (id: string): number[] => {
    const path = join(folder, `starts.${id}`);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  };
  return {
    ...{ config, db, starts, journal: join(folder, '.healix', 'journal') },
    remove: () => removeFleet(folder, ['db', 'web'].flatMap(starts)),
  };
}
