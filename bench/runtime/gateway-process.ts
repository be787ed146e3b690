/**
 * The other processes of the gateway's benchmark: `upstream` answers, `load` asks as cheaply as it can and measures, `copy` is the
 * simplest proxy that Node can be: bytes from one socket to the other, with no idea of HTTP.
 */
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';

/** What the load generator is asked to do. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  /** Bytes of a body to send; 0 asks with GET. */
  readonly bodyBytes: number;
  readonly connections: number;
  readonly forMs: number;
}

export interface LoadReport {
  readonly callsPerS: number;
  readonly mbPerS: number;
  /** Milliseconds from sending to the last byte. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the load generator per call, microseconds. */
  readonly cpuUs: number;
}

const SMALL = Buffer.from(JSON.stringify({ text: 'x'.repeat(1000) }));
const LARGE = Buffer.alloc(1_000_000, 'x');
const ITEMS = Array.from({ length: 100 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.25, tags: ['a', 'b'] }));

/** `/small` does next to nothing, `/work` does what a small service does (reads its data, writes JSON), `/large` is 1 MB. */
function upstream(): void {
  const data = JSON.stringify(ITEMS);
  const server = createServer((request, response) => {
    request.resume();
    const body = request.url === '/large' ? LARGE : request.url === '/small' ? SMALL : work(data);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  });
  // Asked for anything, it tells its processor time so far, microseconds.
  process.on('message', () => process.send?.(cpuUs()));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

function work(data: string): Buffer {
  const items = JSON.parse(data) as typeof ITEMS;
  return Buffer.from(JSON.stringify(items.filter(({ price }) => price < 60).map((item) => ({ ...item, seen: true }))));
}

/** What any proxy in Node costs: the least that a gateway's share can be held against. */
function copy(upstreamPort: number): void {
  const server = createTcpServer({ noDelay: true }, (caller) => {
    const replica = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true });
    caller.pipe(replica).pipe(caller);
    caller.on('error', () => replica.destroy());
    replica.on('error', () => caller.destroy());
    caller.on('close', () => replica.destroy());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function load(): void {
  process.on('message', async (order: LoadOrder) => {
    const latencies: number[] = [];
    const state = { bytes: 0, stopped: false };
    const begin = performance.now();
    const cpuBefore = cpuUs();
    const timer = setTimeout(() => {
      state.stopped = true;
    }, order.forMs);
    await Promise.all(Array.from({ length: order.connections }, () => ask(order, latencies, state)));
    clearTimeout(timer);
    const seconds = (performance.now() - begin) / 1000;
    const sorted = Float64Array.from(latencies).sort();
    const report: LoadReport = {
      callsPerS: latencies.length / seconds,
      mbPerS: state.bytes / 1e6 / seconds,
      p50Ms: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
      cpuUs: (cpuUs() - cpuBefore) / latencies.length,
    };
    process.send?.(report);
  });
  process.send?.('ready');
}

/** One connection that asks again as soon as it was answered. */
function ask(
  { port, path, bodyBytes }: LoadOrder,
  latencies: number[],
  state: { bytes: number; stopped: boolean },
): Promise<void> {
  const request = Buffer.from(
    `${bodyBytes > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\nCookie: session=1\r\n${
      bodyBytes > 0 ? `Content-Length: ${bodyBytes}\r\n` : ''
    }\r\n${'x'.repeat(bodyBytes)}`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let missing = -1;
    let sentMs = 0;
    const send = (): void => {
      missing = -1;
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (bytes: Buffer) => {
      state.bytes += bytes.length;
      if (missing >= 0) missing -= bytes.length;
      else {
        const head = bytes.indexOf('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, head));
        if (!bytes.toString('latin1', 0, 12).endsWith('200') || length === null) return reject(new Error(`${bytes}`));
        missing = Number(length[1]) - (bytes.length - head - 4);
      }
      if (missing > 0) return;
      latencies.push(performance.now() - sentMs);
      if (!state.stopped) return send();
      socket.destroy();
      resolve();
    });
  });
}

if (process.argv[2] === 'upstream') upstream();
else if (process.argv[2] === 'copy') copy(Number(process.argv[3]));
else load();
process.on('disconnect', () => process.exit());
