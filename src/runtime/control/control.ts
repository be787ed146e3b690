/**
 * The control API: what runs, what was done, and an operator's orders. On loopback, behind a token; small requests, not too many.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { HealixError } from '../../errors.ts';
import { bears } from './token.ts';

export const ORDERS = ['force-heal', 'pause', 'resume', 'isolate', 'release'] as const;
export type OrderKind = (typeof ORDERS)[number];

export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'unknown-service'; readonly service: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** What the API serves. */
export interface Controlled {
  status(): unknown;
  history(limit: number): unknown;
  order(service: string, order: OrderKind): Promise<Answer>;
  reload(): Promise<Answer>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface ControlOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly token: string;
  /** Whether the operator named the token; without, only loopback is bound. */
  readonly isTokenExplicit: boolean;
}

export interface Control {
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const BODY_MAX = 10_000;
const HEADERS_MAX = 8192;
const HISTORY_MAX = 1000;
/** Requests per second, and how many may come at once after a quiet time. */
const RATE = 20;
const BURST = 40;
const orderSchema = z.strictObject({ service: z.string().min(1).max(100), order: z.enum(ORDERS) });

/** Starts to listen. Throws when the address is not loopback and no token was named. */
export async function startControl(controlled: Controlled, options: ControlOptions): Promise<Control> {
  if (!LOOPBACK.has(options.host) && !options.isTokenExplicit) {
    throw new HealixError(
      'unsafe-control',
      `control.host ${options.host} can be reached by others. Name a token in HEALIX_TOKEN, or use 127.0.0.1`,
    );
  }
  const bucket = { tokens: BURST, atMs: performance.now() };
  const server = createServer({ maxHeaderSize: HEADERS_MAX, requestTimeout: 5000 }, (request, response) => {
    serve(controlled, options.token, bucket, request, response).catch((error: unknown) =>
      answer(response, 500, { error: String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  controlled: Controlled,
  token: string,
  bucket: { tokens: number; atMs: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!takeToken(bucket)) return answer(response, 429, { error: 'too many requests' }, { 'retry-after': '1' });
  if (!bears(request.headers.authorization, token)) {
    return answer(response, 401, { error: 'a token is needed' }, { 'www-authenticate': 'Bearer' });
  }
  const url = new URL(request.url ?? '/', 'http://localhost');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /status':
      return answer(response, 200, controlled.status());
    case 'GET /history': {
      const limit = Number(url.searchParams.get('limit') ?? 50);
      if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_MAX)
        return answer(response, 400, { error: `limit must be a whole number from 1 to ${HISTORY_MAX}` });
      return answer(response, 200, controlled.history(limit));
    }
    case 'GET /metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(await controlled.metrics());
      return;
    case 'POST /order': {
      const body = await readBody(request);
      const parsed = body === null ? null : orderSchema.safeParse(body.value);
      if (parsed === null) return answer(response, 413, { error: `a request may be ${BODY_MAX} bytes long` });
      if (!parsed.success) return answer(response, 400, { error: z.prettifyError(parsed.error) });
      return told(response, await controlled.order(parsed.data.service, parsed.data.order));
    }
    case 'POST /reload':
      return told(response, await controlled.reload());
    default:
      return answer(response, 404, { error: `no ${request.method} ${url.pathname} here` });
  }
}

function told(response: ServerResponse, result: Answer): void {
  if (result.kind === 'ok') answer(response, 200, result.body);
  else if (result.kind === 'refused') answer(response, 409, { error: result.reason });
  else answer(response, 404, { error: `no service is named ${result.service}` });
}

/** Null when it is too long. What is no JSON is undefined, which no schema takes. */
async function readBody(request: IncomingMessage): Promise<{ value: unknown } | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > BODY_MAX) return null;
    chunks.push(chunk as Buffer);
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { value: undefined };
  }
}

function takeToken(bucket: { tokens: number; atMs: number }): boolean {
  const now = performance.now();
  bucket.tokens = Math.min(BURST, bucket.tokens + ((now - bucket.atMs) / 1000) * RATE);
  bucket.atMs = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
