/** Three real services: `web` and `shop` need `db`. The connections of `web` can be cut; a signal reopens them, and nothing else does. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConstitution } from '../../../src/constitution.ts';
import { freePort } from '../../tools/free-port.ts';
import { removeFleet } from '../remove-fleet.ts';

const SERVER = `
import { appendFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
const { NAME, PORT, DB } = process.env;
appendFileSync('starts', process.pid + '\\n');
let cut = false;
process.on('SIGUSR2', () => { cut = false; appendFileSync('reconnects', NAME + '\\n'); });
createServer((request, response) => {
  const answer = (status, body = '{}') => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(body); };
  if (request.url === '/cut') { cut = true; return answer(200); }
  if (request.url === '/health' || NAME === 'db') return answer(200);
  const isAsked = request.url === '/dependencies';
  const told = (status) => answer(isAsked ? 200 : status, JSON.stringify(isAsked ? { dependencies: { db: status === 200 ? 'ok' : 'failed' } } : {}));
  if (cut) return told(502);
  get({ host: '127.0.0.1', port: Number(DB), path: '/', timeout: 2000 }, (found) => { found.resume(); told(found.statusCode); })
    .on('timeout', function () { this.destroy(); })
    .on('error', () => told(502));
}).listen(Number(PORT), '127.0.0.1');
`;

export interface CutFleet {
  readonly config: string;
  readonly journal: string;
  readonly web: number;
  /** Services whose connections were reopened, in order. */
  reconnects(): string[];
  remove(): void;
}

/** Any cut into any service needs a human's yes, by its constitution. */
export async function makeCutFleet(): Promise<CutFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-cut-'));
  const [db, web, shop, control] = [await freePort(), await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  const { constitution } = loadConstitution();
  const articles = constitution.articles.map((article) =>
    article.condition.kind === 'blast-radius'
      ? { ...article, condition: { ...article.condition, tiers: ['default'], above: 0.01 } }
      : article,
  );
  writeFileSync(join(folder, 'constitution.yaml'), JSON.stringify({ ...constitution, articles }));
  const service = (id: string, port: number) => ({
    id,
    command: [process.execPath, join(folder, 'server.mjs')],
    env: { NAME: id, PORT: '{port}', DB: String(db) },
    ports: [port],
    stopGraceMs: 2000,
    startGraceMs: 10_000,
    probes: {
      liveness: { http: '/health', intervalMs: 1000 },
      performance: { http: '/', intervalMs: 500, timeoutMs: 500 },
      ...(id === 'db' ? {} : { dependency: { http: '/dependencies', intervalMs: 500, timeoutMs: 500 } }),
    },
    ...(id === 'db' ? {} : { dependsOn: [{ service: 'db' }], reconnectSignal: 'SIGUSR2' }),
  });
  const config = join(folder, 'healix.yaml');
  const services = [service('db', db), service('web', web), service('shop', shop)];
  const more = { guard: { minHealthy: 0 }, control: { port: control }, constitution: 'constitution.yaml' };
  writeFileSync(config, JSON.stringify({ name: 'cut', services, ...more }));
  const lines = (name: string): string[] =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean) : [];
  return {
    ...{ config, web, journal: join(folder, '.healix', 'journal'), reconnects: () => lines('reconnects') },
    remove: () => removeFleet(folder, lines('starts').map(Number)),
  };
}
