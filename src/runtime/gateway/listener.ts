/**
 * The listening side of one service: Node's own strict HTTP/1.1 server, with every bound set and every odd request answered. Plain
 * calls do not get that far.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HealixError } from '../../errors.ts';
import { answerRaw, refuse } from './answers.ts';
import { QuickCallers } from './quick-callers.ts';
import type { Route } from './route.ts';
import { SLAB_BYTES } from './slabs.ts';

/** What may wait in a caller's socket: a little more than one read, so that a reader who keeps up is never paused for. */
const BUFFERED_BYTES = 1.5 * SLAB_BYTES;

/** What a request that the parser refused is answered with; 400 otherwise. */
const STATUS_OF_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** The newest response on a connection, for errors of the parser in the middle of it (a WeakMap would cost the collector dear). */
const NEWEST = Symbol('newest response');
type CallerSocket = Duplex & { [NEWEST]?: ServerResponse };

export interface Listener {
  readonly server: Server;
  /** Callers whom Node's HTTP server does not know (yet). */
  readonly quick: QuickCallers;
}

/**
 * Begins to listen for a route's callers.
 * @param onTrouble told of errors of the listening socket itself (out of descriptors, for example), which it survives.
 * @throws HealixError `cannot-listen` when the address is taken or not ours.
 */
export async function listen(route: Route, onTrouble: (error: Error) => void): Promise<Listener> {
  const { settings } = route;
  const server = createServer({
    maxHeaderSize: settings.headerBytesMax,
    keepAliveTimeout: settings.keepAliveMs,
    headersTimeout: Math.min(settings.headersMs, settings.uploadMsMax),
    requestTimeout: settings.uploadMsMax,
    connectionsCheckingInterval: Math.max(100, Math.min(settings.headersMs / 2, 5_000)),
    // Asked for by ourselves, so that every refusal looks the same.
    requireHostHeader: false,
    highWaterMark: BUFFERED_BYTES,
    noDelay: true,
  });
  server.maxConnections = settings.clientsMax;
  // Node would drop what is above its own bound without a word; ours is checked, and the size is bounded anyway.
  server.maxHeadersCount = 0;
  const handle = (request: IncomingMessage, response: ServerResponse, expects: boolean): void => {
    (request.socket as CallerSocket)[NEWEST] = response;
    route.handle(request, response, expects);
  };
  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('checkExpectation', (request, response) => {
    const reason = 'the only expectation known here is 100-continue';
    route.countMalformed();
    refuse(request, response, { status: 417, error: 'http_request_error', reason }, settings.lingerMs);
  });
  server.on('connect', (_request, socket) => {
    route.countMalformed();
    answerRaw(socket, '501 Not Implemented');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = (socket as CallerSocket)[NEWEST];
    const isAnswering = response !== undefined && !response.writableFinished;
    // An answer under way, or owed to an earlier request, must not be mixed up with ours: what is written goes out, no more.
    const isOwed = isAnswering && (response.headersSent || response.req.complete);
    const code = error.code ?? '';
    const isCallers = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (isCallers && !isOwed) route.countMalformed();
    if (!isCallers || !socket.writable) socket.destroy();
    else if (isOwed) (socket as Socket).destroySoon();
    else answerRaw(socket, STATUS_OF_ERROR[code] ?? '400 Bad Request');
  });
  const quick = new QuickCallers(server, route);
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error): void => {
      reject(new HealixError('cannot-listen', cannotListen(settings, error), { cause: error }));
    };
    server.once('error', refused);
    server.listen({ host: settings.host, port: settings.port }, () => {
      server.off('error', refused);
      server.on('error', onTrouble);
      resolve();
    });
  });
  route.ownPort = (server.address() as AddressInfo).port;
  return { server, quick };
}

function cannotListen({ service, host, port }: Route['settings'], error: NodeJS.ErrnoException): string {
  const what = `${service}: cannot listen on ${host}:${port}`;
  if (error.code !== 'EADDRINUSE') return `${what}: ${error.message}. Change gateway.port of ${service}.`;
  return `${what}, somebody does already. End that process, or give gateway.port of ${service} another number.`;
}

/** Stops listening, lets calls under way end for `graceMs`, then cuts them. */
export async function stopListening({ server, quick }: Listener, route: Route, graceMs: number): Promise<void> {
  route.isClosing = true;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    quick.closeIdle();
    timer = setTimeout(() => {
      route.closeAll();
      server.closeAllConnections();
      quick.destroy();
    }, graceMs);
  });
  clearTimeout(timer);
  quick.destroy();
  route.closeAll();
}
