/** The monitor of one service: tells the diagnoser what it knows while the service is unwell, and asks for help by the strategy's rule. */
import { LONG_AGO } from '../memory.ts';
import type { Coordination } from '../strategy.ts';
import type { AgentId, Evidence, Message } from './messages.ts';

/** Unwell services tell again after so long, should a message have been lost. */
const TELL_AGAIN_MS = 5_000;

export interface MonitorState {
  /** What was told last, in short; empty when all was well. */
  readonly told: string;
  readonly toldAtMs: number;
  /** When help was last asked for, or `LONG_AGO`. */
  readonly askedAtMs: number;
}

export interface Post {
  readonly to: AgentId;
  readonly body: Message;
}

export const startMonitor = (longAgo: number): MonitorState => ({ told: '', toldAtMs: longAgo, askedAtMs: longAgo });

/** One look at the service. `alwaysAsks`: the level at which every trouble is everybody's. */
export function monitor(
  rule: Coordination,
  alwaysAsks: boolean,
  state: MonitorState,
  evidence: Evidence,
): readonly [MonitorState, readonly Post[]] {
  const { atMs, service } = evidence;
  const digest = digestOf(evidence);
  const news = digest !== state.told || (digest !== '' && atMs - state.toldAtMs >= TELL_AGAIN_MS);
  const why = digest === '' ? null : reasonToAsk(rule, alwaysAsks, evidence);
  const asks = why !== null && atMs - state.askedAtMs >= TELL_AGAIN_MS;
  if (!news && !asks) return [state, []];
  const posts: Post[] = [];
  if (news) posts.push({ to: 'diagnoser', body: { kind: 'evidence', evidence } });
  if (asks) posts.push({ to: 'coordinator', body: { kind: 'escalation', service, why: why! } });
  return [{ told: digest, toldAtMs: news ? atMs : state.toldAtMs, askedAtMs: asks ? atMs : state.askedAtMs }, posts];
}

function reasonToAsk(rule: Coordination, always: boolean, evidence: Evidence): string | null {
  if (always) return 'every trouble is coordinated';
  if (evidence.attempts >= rule.attempts) return `${evidence.attempts} attempts of its own`;
  // A symptom that is not confirmed yet is no trouble, and began at no time.
  const troubleS = evidence.sinceMs === LONG_AGO ? 0 : (evidence.atMs - evidence.sinceMs) / 1000;
  return troubleS >= rule.troubleS ? `in trouble for ${Math.round(troubleS)} s` : null;
}

/** What makes two looks differ; error rates and latencies only in steps, so that noise is not told. */
function digestOf(evidence: Evidence): string {
  const { status, issues, down, slow, erring, errorRate, latencyRatio, queueShare } = evidence;
  if (status === 0 && issues.length === 0 && down.length + slow.length + erring.length === 0) return '';
  return [
    status,
    issues.join(),
    down.join(),
    slow.join(),
    erring.join(),
    Math.round(errorRate * 4),
    Math.round(Math.max(0, queueShare) * 4),
    step(latencyRatio),
  ].join('/');
}

const step = (ratio: number): number => (ratio <= 1 ? 0 : Math.round(Math.log2(ratio)));
