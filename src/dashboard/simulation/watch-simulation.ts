/** A simulated fleet in fast motion behind the same address, token and page as a real one. */
import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FleetSpec } from '../../../sim/spec.ts';
import type { SimulationTier } from '../../../sim/tiers.ts';
import type { Refusal } from '../../../strategies/guard.ts';
import type { Contender } from '../../contenders.ts';
import { type Answer, type Controlled, startControl } from '../../runtime/control/control.ts';
import { Board } from '../board.ts';
import { pageFiles } from '../files.ts';
import type { AgentsView } from '../frames.ts';
import type { ServiceNow } from '../service-view.ts';
import { createStream } from '../stream.ts';
import { pageUrl } from '../url.ts';
import type { Batch, LiveMessage, LiveTask } from './messages.ts';
import { createPace } from './pace.ts';

export interface WatchOptions {
  readonly fleet: FleetSpec;
  readonly scenarioSeed: string;
  readonly tier: SimulationTier;
  readonly contender: Contender;
  /** Simulated seconds a second. */
  readonly speed: number;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Where the page's files are; where the build leaves them unless given. */
  readonly files?: ReturnType<typeof pageFiles>;
}

export interface WatchedSimulation {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Resolves when the simulated hour is over; the page stays. Rejects when the simulation failed. */
  readonly over: Promise<void>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const TOKEN_BYTES = 32;
/** As many as the guard keeps. */
const REFUSALS_KEPT = 100;
const NO_ORDERS: Answer = { kind: 'refused', reason: 'this fleet is simulated: there is nobody to carry an order out' };

/** @throws HealixError `cannot-listen` when the port is taken. */
export async function watchSimulation(options: WatchOptions): Promise<WatchedSimulation> {
  const { fleet, scenarioSeed, tier, contender, speed } = options;
  const pace = createPace(speed);
  const state: State = {
    healedBy: contender.name,
    atMs: 0,
    horizonMs: 3_600_000,
    isOver: false,
    services: [],
    refusals: [],
    agents: null,
    messages: null,
  };
  const level = contender.kind === 'pack' ? (contender.level ?? 'basic') : 'basic';
  const board = new Board({
    clock: () => ({
      kind: 'simulated',
      ...{ atMs: state.atMs, horizonMs: state.horizonMs, isOver: state.isOver },
      ...{ speed: pace.speed, isPaused: pace.isPaused },
    }),
    fleet: () => ({
      ...{ name: fleet.name, healedBy: state.healedBy, level, isDryRun: false, isJournalHealthy: true },
      simulation: { scenario: scenarioSeed, tier },
    }),
    services: () => state.services,
    waiting: () => [],
    agents: () => state.agents,
    messages: () => state.messages,
    refusals: () => state.refusals,
    answered: () => null,
  });
  const stream = createStream(board);
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const control = await startControl(() => CONTROLLED, {
    ...{ host: HOST, port: options.port, token, isTokenExplicit: false },
    shown: {
      file: options.files ?? pageFiles(),
      stream: (response, after) => stream.add(response, after),
      pace(wanted) {
        pace.set(wanted);
        board.touch();
      },
    },
  });
  const worker = startWorker({ fleet, scenarioSeed, tier, contender, pace: pace.shared });
  const over = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: LiveMessage) => {
      take(message, state, board, () => stream.renew());
      if (message.kind === 'over') resolve();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
  // Whoever waits for it is told; nobody has to.
  over.catch(() => {});
  return {
    url: pageUrl(HOST, control.port, token),
    port: control.port,
    token,
    over,
    async close() {
      stream.close();
      await Promise.all([worker.terminate(), control.close()]);
    },
  };
}

/** The entry next to this file, in the form that this file runs in: sources are imported once their loader is there. */
function startWorker(task: LiveTask): Worker {
  const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  if (extname(entry.pathname) !== '.ts') return new Worker(entry, { workerData: task });
  const load = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(entry.href)})))`;
  return new Worker(load, { eval: true, workerData: task });
}

interface State {
  healedBy: string;
  atMs: number;
  horizonMs: number;
  isOver: boolean;
  services: ServiceNow[];
  refusals: Refusal[];
  agents: AgentsView | null;
  messages: number | null;
}

/** What the control API answers of a fleet that nobody can give orders to. */
const CONTROLLED: Controlled = {
  status: () => ({ simulated: true }),
  history: () => [],
  lessons: () => [],
  order: () => Promise.resolve(NO_ORDERS),
  reload: () => Promise.resolve(NO_ORDERS),
  approvals: () => [],
  decide: () => Promise.resolve(NO_ORDERS),
  report: () => ({ kind: 'refused', reason: 'this fleet is simulated' }),
  metrics: () => Promise.resolve(''),
};

function take(message: LiveMessage, state: State, board: Board, renew: () => void): void {
  switch (message.kind) {
    case 'begins':
      Object.assign(state, {
        healedBy: message.healedBy,
        horizonMs: message.horizonMs,
        services: [...message.services],
      });
      board.rosterChanged();
      renew();
      return;
    case 'batch':
      takeBatch(message, state, board);
      return;
    case 'over': {
      Object.assign(state, { atMs: message.atMs, isOver: true });
      const served = `${(100 * message.availability).toFixed(3)} % of the users were served in time`;
      const lost = `${message.lostUserMinutes.toFixed(0)} user-minutes were lost`;
      const acted = `${message.actions} actions, ${message.collateral} of them on replicas that had nothing`;
      board.notice(
        message.atMs,
        'info',
        `the hour is over: ${served}, ${lost}; ${acted}; ${message.unrecovered} incidents not recovered`,
      );
      return;
    }
  }
}

function takeBatch({ atMs, told, services, refusals, agents, messages }: Batch, state: State, board: Board): void {
  for (const [index, now] of services) state.services[index] = now;
  state.refusals.push(...refusals);
  if (state.refusals.length > 2 * REFUSALS_KEPT) state.refusals = state.refusals.slice(-REFUSALS_KEPT);
  Object.assign(state, { atMs, agents, messages });
  board.touch();
  for (const one of told) {
    if (one.kind === 'event') board.tell(one.event);
    else if (one.kind === 'task') board.linkTask(one.action, one.task);
    else board.truth(one.row);
  }
}
