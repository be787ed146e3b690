/**
 * The control API: what runs, what was done, and an operator's orders. On loopback, behind a token; small requests, not too many.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { z } from 'zod';
import { HealixError } from '../../errors.ts';
import { HISTORY_MAX } from '../history.ts';
import { Admission, type Admitted, isStranger } from './admission.ts';
import { answer, answerTooMany, BODY_MAX, CLOSE, parsedBody, readBody } from './answers.ts';
import { Callers } from './callers.ts';
import { isLoopback } from './loopback.ts';
import { isOwnName, type Shown, sendFile } from './shown.ts';

export const ORDERS = ['force-heal', 'pause', 'resume', 'isolate', 'release'] as const;
export type OrderKind = (typeof ORDERS)[number];

export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'unknown-service'; readonly service: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'not-found'; readonly reason: string };

/** What the API serves. */
export interface Controlled {
  status(): unknown;
  history(limit: number): unknown;
  /** What operators did otherwise than healix. */
  lessons(limit: number): unknown;
  order(service: string, order: OrderKind): Promise<Answer>;
  reload(): Promise<Answer>;
  /** Actions that wait for a human's yes. */
  approvals(): unknown;
  /** A human's answer. `hash`: of the action that was shown; `by`: who it is, as they say. */
  decide(word: {
    readonly id: number;
    readonly isApproved: boolean;
    readonly hash?: string;
    readonly by?: string;
  }): Promise<Answer>;
  /** A service's own word on itself. */
  report(service: string, replica: number, level: string, report: unknown): Reported;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export type Reported = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string };

export interface ControlOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly token: string;
  /** Whether the operator named the token; without, only loopback is bound. */
  readonly isTokenExplicit: boolean;
  /** For people with a browser; without, there is neither page nor stream. */
  readonly shown?: Shown | undefined;
}

export interface Control {
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS_MAX = 8192;
/** A request that has not come whole by then is answered 408; looked for this often. */
const REQUEST_MS = 5000;
const LOOK_MS = 1000;
const ELSEWHERE = { error: 'ask for this address by its number, or as localhost' };
const orderSchema = z.strictObject({ service: z.string().min(1).max(100), order: z.enum(ORDERS) });
const decisionSchema = z.strictObject({
  action: z.int().min(0),
  approve: z.boolean(),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'not the hash of an action')
    .exactOptional(),
  by: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, 'not a name')
    .exactOptional(),
});
const paceSchema = z.strictObject({
  isPaused: z.boolean().optional(),
  speed: z.number().min(0.1).max(10_000).optional(),
});
const REPORT_PATH = /^\/report\/([A-Za-z0-9._-]{1,63})\/(\d{1,3})\/([a-z]{1,20})$/;

/**
 * Starts to listen. What is asked while there is nobody to ask (null) is told to come again.
 * @throws HealixError `unsafe-control` when the address is not loopback and no token was named, `cannot-listen` when it is taken.
 */
export async function startControl(controlled: () => Controlled | null, options: ControlOptions): Promise<Control> {
  if (!isLoopback(options.host) && !options.isTokenExplicit) {
    throw new HealixError(
      'unsafe-control',
      `control.host ${options.host} can be reached by others. Name the file of a token in control.tokenFile, or use 127.0.0.1`,
    );
  }
  const clock = (): number => performance.now();
  const admission = new Admission(options.token, clock);
  const callers = new Callers<Socket>();
  const door: Door = { admission, callers };
  const limits = { maxHeaderSize: HEADERS_MAX, requestTimeout: REQUEST_MS, connectionsCheckingInterval: LOOK_MS };
  const server = createServer(limits, (request, response) => {
    const url = urlOf(request);
    if (url === null) return answer(response, 400, { error: 'ask for a path' });
    const isOwn = isOwnName(request.headers.host, options.host);
    // Figures and reports may be asked for by any name where the operator opened the address to others.
    if (!isOwn && (isLoopback(options.host) || url.pathname === '/events'))
      return answer(response, 421, ELSEWHERE, CLOSE);
    if (isOwn && sendsFile(options.shown, admission, request, response, url)) return;
    const report = REPORT_PATH.exec(url.pathname);
    const asked = controlled();
    if (asked === null) return answer(response, 503, { error: 'healix is starting' }, { 'retry-after': '1' });
    const served =
      report === null
        ? serve(asked, options, door, request, response, url)
        : takeReport(asked, door, request, response, report);
    served.catch((error: unknown) => answer(response, 500, { error: String(error) }));
  });
  server.on('connection', (socket) => {
    socket.once('close', () => callers.leave(socket));
    callers.arrive(socket, clock());
  });
  await new Promise<void>((resolve, reject) => {
    // Listens on: a connection that cannot be accepted (no descriptors left) is told here, too, and ends nothing.
    server.on('error', (error) => {
      const where = `control: cannot listen on ${options.host}:${options.port}: ${error.message}`;
      reject(new HealixError('cannot-listen', `${where}. Does another healix run? Set control.port to another one`));
    });
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

/** Who may ask how often, and who is connected. */
interface Door {
  readonly admission: Admission;
  readonly callers: Callers<Socket>;
}

/** Null for what is no path: the absolute form that proxies are asked by, `*`, or what no URL can hold. */
function urlOf({ url = '' }: IncomingMessage): URL | null {
  if (!url.startsWith('/') || !URL.canParse(`http://localhost${url}`)) return null;
  return new URL(`http://localhost${url}`);
}

async function serve(
  controlled: Controlled,
  { shown }: ControlOptions,
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const admitted = door.admission.operator(request.headers.authorization);
  if (!isStranger(admitted)) door.callers.know(request.socket, 'operator');
  if (admitted !== 'in') return turnAway(response, admitted, 'a token is needed');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /status':
      return answer(response, 200, controlled.status());
    case 'GET /history': {
      const limit = Number(url.searchParams.get('limit') ?? 50);
      if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_MAX)
        return answer(response, 400, { error: `limit must be a whole number from 1 to ${HISTORY_MAX}` });
      const isLessons = url.searchParams.get('lessons') === 'true';
      return answer(response, 200, isLessons ? controlled.lessons(limit) : controlled.history(limit));
    }
    case 'GET /metrics': {
      const text = await controlled.metrics();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(text);
      return;
    }
    case 'GET /events': {
      const after = request.headers['last-event-id'];
      if (shown === undefined) return answer(response, 404, { error: 'no GET /events here' });
      if (shown.stream(response, typeof after === 'string' ? after : null)) return;
      return answer(response, 503, { error: 'as many look on as may: close another page' }, { 'retry-after': '5' });
    }
    case 'POST /pace': {
      const wanted = await parsedBody(request, response, paceSchema);
      if (wanted === null) return;
      if (shown?.pace === undefined) return answer(response, 409, { error: 'time is real here: it has no other pace' });
      shown.pace(wanted);
      return answer(response, 200, wanted);
    }
    case 'POST /order': {
      const asked = await parsedBody(request, response, orderSchema);
      if (asked !== null) told(response, await controlled.order(asked.service, asked.order));
      return;
    }
    case 'GET /approvals':
      return answer(response, 200, controlled.approvals());
    case 'POST /approvals': {
      const asked = await parsedBody(request, response, decisionSchema);
      if (asked === null) return;
      const { action: id, approve: isApproved, ...more } = asked;
      return told(response, await controlled.decide({ id, isApproved, ...more }));
    }
    case 'POST /reload':
      return told(response, await controlled.reload());
    default:
      return answer(response, 404, { error: `no ${request.method} ${url.pathname} here` });
  }
}

/** Whether a file of the page was asked for, which has been answered then: it needs no token, and tells nothing. */
function sendsFile(
  shown: Shown | undefined,
  admission: Admission,
  { method }: IncomingMessage,
  response: ServerResponse,
  url: URL,
): boolean {
  if (shown === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
  const file = shown.file(url.pathname);
  if (file === null) return false;
  if (admission.file()) sendFile(response, file, method === 'HEAD');
  else answerTooMany(response);
  return true;
}

async function takeReport(
  controlled: Controlled,
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
  [, service = '', replica = '', level = '']: readonly string[],
): Promise<void> {
  const admitted = door.admission.service(request.headers.authorization, service);
  if (!isStranger(admitted)) door.callers.know(request.socket, 'service');
  if (admitted !== 'in') return turnAway(response, admitted, "the service's own token is needed");
  if (request.method !== 'POST') return answer(response, 405, { error: 'reports are posted' }, { allow: 'POST' });
  const body = await readBody(request);
  if (body === null) return answer(response, 413, { error: `a report may be ${BODY_MAX} bytes long` }, CLOSE);
  const reported = controlled.report(service, Number(replica), level, body.value);
  if (reported.kind === 'taken') answer(response, 202, {});
  else answer(response, 400, { error: reported.reason });
}

function turnAway(response: ServerResponse, admitted: Exclude<Admitted, 'in'>, needed: string): void {
  if (admitted === 'stranger') answer(response, 401, { error: needed }, { 'www-authenticate': 'Bearer' });
  else answerTooMany(response);
}

function told(response: ServerResponse, result: Answer): void {
  if (result.kind === 'ok') answer(response, 200, result.body);
  else if (result.kind === 'refused') answer(response, 409, { error: result.reason });
  else if (result.kind === 'not-found') answer(response, 404, { error: result.reason });
  else answer(response, 404, { error: `no service is named ${result.service}` });
}
