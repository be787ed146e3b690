/**
 * One small service of the demo fleet: answers `/work` by calling its dependencies, and can be broken from outside. Everything
 * it is told comes through its environment, so that it is a service like any other to the runtime.
 *
 * NAME, PORT: who it is and where it listens. DEPENDENCIES: `id=port,id=port`. CONFIG: its configuration file. RELEASE: folder of
 * the release it runs (`release.json`). WORK_MS: time that its own work takes. STARTS: file that a line is added to at each start.
 */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

const { NAME = 'service', PORT = '0', DEPENDENCIES = '', CONFIG, RELEASE, WORK_MS = '5', STARTS } = process.env;
/** How long a dependency may take. */
const CALL_TIMEOUT_MS = 500;
/** What it has may take so long when it is told to end. */
const END_MS = 1000;
const BODY_MAX = 4096;
const ANSWER_MAX = 4096;
const MEGABYTE = 1024 * 1024;

const dependencies = DEPENDENCIES.split(',')
  .filter((pair) => pair !== '')
  .map((pair) => {
    const [id, port] = pair.split('=');
    return { id: id!, port: Number(port), failed: false };
  });

/** What a bad release does, and what is broken from outside until the process ends. */
interface Trouble {
  errorShare: number;
  slowMs: number;
}
const trouble: Trouble = { errorShare: 0, slowMs: 0 };
const hoard: Buffer[] = [];
let hoards = false;
let turn = 0;

if (STARTS !== undefined) appendFileSync(STARTS, `${NAME} ${process.pid} ${Date.now()}\n`);
const release = readJson(RELEASE === undefined ? undefined : join(RELEASE, 'release.json'));
if (typeof release?.errorShare === 'number') trouble.errorShare = release.errorShare;

const server = createServer((request, response) => {
  const path = request.url ?? '/';
  if (path === '/health') answer(response, 200, { ok: true });
  else if (path === '/ready') answer(response, isConfigured() ? 200 : 503, { ready: isConfigured() });
  else if (path === '/dependencies') answer(response, 200, { dependencies: known() });
  else if (path === '/state') answer(response, 200, state());
  else if (path === '/work') void work(response);
  else if (path === '/fault' && request.method === 'POST') void breakMe(request, response);
  else answer(response, 404, { error: 'unknown path' });
});
server.listen(Number(PORT), '127.0.0.1');
let isEnding = false;
process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  // Callers that keep their connections busy must not keep it half alive: open to them, closed to everybody else.
  setTimeout(() => process.exit(0), END_MS);
});

/** The truth about itself, for whoever counts faults; no probe of the fleet asks for it. */
function state(): Record<string, unknown> {
  return { ...trouble, hoards, configured: isConfigured(), release: release?.version ?? null };
}

/** What it last heard of those that it calls. */
function known(): Record<string, string> {
  return Object.fromEntries(dependencies.map(({ id, failed }) => [id, failed ? 'failed' : 'ok']));
}

async function work(response: ServerResponse): Promise<void> {
  if (!isConfigured()) return answer(response, 500, { error: `${NAME}: bad configuration` });
  await pause(Number(WORK_MS) + trouble.slowMs);
  turn += 1;
  // Spread evenly, so that a share of 0.6 is one in a handful of calls and not luck.
  if ((turn * trouble.errorShare) % 1 < trouble.errorShare && trouble.errorShare > 0) {
    return answer(response, 500, { error: `${NAME}: broken` });
  }
  const degraded: string[] = [];
  for (const dependency of dependencies) {
    const answered = await call(dependency.port);
    dependency.failed = answered === null;
    if (answered === null) return answer(response, 502, { error: `${NAME}: ${dependency.id} failed` });
    degraded.push(...answered);
  }
  answer(response, 200, { service: NAME, release: release?.version ?? null, degraded });
}

/** `{"kind": "errors", "share": 0.8}`, `slow` with `ms`, `leak` with `mb`, `block` (busy) and `wait` (idle) with `ms`. */
async function breakMe(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request) if (text.length < BODY_MAX) text += String(chunk);
  const fault = JSON.parse(text) as { kind: string; share?: number; ms?: number; mb?: number };
  answer(response, 200, { ok: true });
  if (fault.kind === 'errors') trouble.errorShare = fault.share ?? 1;
  else if (fault.kind === 'slow') trouble.slowMs = fault.ms ?? 2000;
  else if (fault.kind === 'leak') leak(fault.mb ?? 8);
  else if (fault.kind === 'block') setImmediate(() => block(fault.ms ?? 60_000));
  else if (fault.kind === 'wait') setImmediate(() => wait(fault.ms ?? 60_000));
}

function leak(mb: number): void {
  hoards = true;
  setInterval(() => hoard.push(Buffer.alloc(mb * MEGABYTE, 1)), 1000);
}

/** The event loop stands still. */
function block(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}

/** The same without work: as if for a lock that nobody gives back. */
function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The services whose canned answers the answer is made of, none when all is well; null when it failed. */
function call(port: number): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/work', timeout: CALL_TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < ANSWER_MAX) text += part;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? degradedIn(text) : null));
      response.on('error', () => resolve(null));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}

function degradedIn(text: string): readonly string[] {
  const { fallback, degraded } = parseJson(text) ?? {};
  if (typeof fallback === 'string') return [fallback];
  return Array.isArray(degraded) ? degraded.map(String) : [];
}

/** The configuration is read anew when the file changes, as many services do. */
let readAtMs = -1;
let configured = CONFIG === undefined;
function isConfigured(): boolean {
  if (CONFIG === undefined) return true;
  const changedMs = mtimeMs(CONFIG);
  if (changedMs !== readAtMs) {
    readAtMs = changedMs;
    configured = typeof readJson(CONFIG)?.greeting === 'string';
  }
  return configured;
}

function mtimeMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** What files and answers of the demo hold. */
interface Document {
  readonly greeting?: unknown;
  readonly version?: unknown;
  readonly errorShare?: unknown;
  readonly fallback?: unknown;
  readonly degraded?: unknown;
}

function readJson(path: string | undefined): Document | null {
  try {
    return path === undefined ? null : parseJson(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function parseJson(text: string): Document | null {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return null;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(isEnding ? { connection: 'close' } : {}) });
  response.end(JSON.stringify(body));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
