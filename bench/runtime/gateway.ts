/**
 * What the gateway adds to a call, against a direct connection, in interleaved rounds of one run. Upstream and load generator are
 * processes of their own, so that the gateway has this one for itself; the load generator is as cheap as one can be made in
 * Node, which is the hardest comparison: a costlier client hides more of the gateway. Beside it stands what a proxy reaches that only
 * copies bytes (`pipe` both ways): with client, proxy and server on two cores, nothing in Node can be expected to reach much more.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Gateway } from '../../src/runtime/gateway/gateway.ts';
import type { LoadOrder, LoadReport } from './gateway-process.ts';

const ROUNDS = 15;
const ROUND_MS = 500;
const CASES = [
  { words: 'an upstream that does nothing, 1 KB', path: '/small', bodyBytes: 0, connections: 32 },
  { words: 'the same with 1 KB posted to it', path: '/small', bodyBytes: 1_000, connections: 32 },
  { words: 'the same with 24 KB posted to it', path: '/small', bodyBytes: 24_000, connections: 32 },
  { words: 'an upstream that handles JSON, 7 KB', path: '/work', bodyBytes: 0, connections: 32 },
  { words: 'bodies of 1 MB', path: '/large', bodyBytes: 0, connections: 8 },
] as const;

interface Bench {
  readonly upstream: ChildProcess;
  readonly load: ChildProcess;
  /** Ports. */
  readonly direct: number;
  readonly through: number;
  readonly copied: number;
}

/** Prints added latency and the share of the direct throughput; medians over the rounds, with their range. */
export async function gatewayBench(print: (line: string) => void): Promise<void> {
  const extension = extname(import.meta.url);
  const script = fileURLToPath(new URL(`./gateway-process${extension}`, import.meta.url));
  const execArgv = extension === '.ts' ? ['--import', 'tsx'] : [];
  const upstream = fork(script, ['upstream'], { execArgv });
  const load = fork(script, ['load'], { execArgv });
  let copy: ChildProcess | null = null;
  const gateway = new Gateway({ random: () => 0.5 });
  try {
    const [direct] = (await once(upstream, 'message')) as [number];
    await once(load, 'message');
    copy = fork(script, ['copy', String(direct)], { execArgv });
    const [copied] = (await once(copy, 'message')) as [number];
    const through = await gateway.open({ service: 'bench' });
    gateway.setReplicas('bench', [direct]);
    const bench: Bench = { upstream, load, direct, through, copied };
    await addedLatency(bench, print);
    for (const one of CASES) await throughput(bench, one, print);
  } finally {
    await gateway.close({ graceMs: 0 });
    upstream.disconnect();
    load.disconnect();
    copy?.disconnect();
  }
}

async function addedLatency(bench: Bench, print: (line: string) => void): Promise<void> {
  const order = { path: '/small', bodyBytes: 0, connections: 1, forMs: ROUND_MS };
  const rounds: { added: number; addedLate: number; direct: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const plain = await asked<LoadReport>(bench.load, { ...order, port: bench.direct });
    const proxied = await asked<LoadReport>(bench.load, { ...order, port: bench.through });
    // The first round warms up.
    if (round > 0)
      rounds.push({
        added: proxied.p50Ms - plain.p50Ms,
        addedLate: proxied.p99Ms - plain.p99Ms,
        direct: plain.p50Ms,
      });
  }
  print(`gateway, one call at a time: ${spread(rounds, 'direct')} ms direct (p50)`);
  print(
    `  added p50 ${spread(rounds, 'added')} ms, added p99 ${spread(rounds, 'addedLate')} ms (goal: p50 below 1 ms)`,
  );
}

/** Processor times suffer less from what else the machine does than rates do; the longest of the three bounds what free cores would give. */
async function throughput(
  bench: Bench,
  { words, path, bodyBytes, connections }: (typeof CASES)[number],
  print: (line: string) => void,
): Promise<void> {
  const order = { path, bodyBytes, connections, forMs: ROUND_MS };
  const rounds: Record<
    'direct' | 'through' | 'share' | 'floor' | 'ofFloor' | 'mb' | 'added' | 'own' | 'up' | 'load',
    number
  >[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const upBefore = await asked<number>(bench.upstream, 'cpu');
    const plain = await asked<LoadReport>(bench.load, { ...order, port: bench.direct });
    const up = (await asked<number>(bench.upstream, 'cpu')) - upBefore;
    const before = process.cpuUsage();
    const proxied = await asked<LoadReport>(bench.load, { ...order, port: bench.through });
    const { user, system } = process.cpuUsage(before);
    const bytesOnly = await asked<LoadReport>(bench.load, { ...order, port: bench.copied });
    const calls = (callsPerS: number): number => callsPerS * (ROUND_MS / 1000);
    // The first round warms up.
    if (round > 0)
      rounds.push({
        direct: plain.callsPerS,
        through: proxied.callsPerS,
        share: proxied.callsPerS / plain.callsPerS,
        floor: bytesOnly.callsPerS / plain.callsPerS,
        ofFloor: proxied.callsPerS / bytesOnly.callsPerS,
        mb: proxied.mbPerS,
        added: proxied.p50Ms - plain.p50Ms,
        own: (user + system) / calls(proxied.callsPerS),
        up: up / calls(plain.callsPerS),
        load: plain.cpuUs,
      });
  }
  print(`${words}, ${connections} connections (goal: half of direct)`);
  print(
    `  ${spread(rounds, 'through', 0)} calls/s of ${spread(rounds, 'direct', 0)} direct: ${spread(rounds, 'share')} of them`,
  );
  print(
    `  a proxy that only copies bytes: ${spread(rounds, 'floor')} of direct; the gateway reaches ${spread(rounds, 'ofFloor')} of that`,
  );
  print(`  ${spread(rounds, 'mb', 0)} MB/s, added p50 under this load ${spread(rounds, 'added')} ms`);
  print(
    `  processor time per call: gateway ${spread(rounds, 'own', 0)} us; direct: upstream ${spread(rounds, 'up', 0)} us, load generator ${spread(rounds, 'load', 0)} us`,
  );
}

async function asked<Reply>(child: ChildProcess, order: LoadOrder | 'cpu'): Promise<Reply> {
  child.send(order);
  const [reply] = (await once(child, 'message')) as [Reply];
  return reply;
}

/** Median and range. */
function spread<Key extends string>(rounds: readonly Record<Key, number>[], key: Key, digits = 2): string {
  const sorted = rounds.map((round) => round[key]).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  return `${middle.toFixed(digits)} (${sorted[0]!.toFixed(digits)}..${sorted.at(-1)!.toFixed(digits)})`;
}
