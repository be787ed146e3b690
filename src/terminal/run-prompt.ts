/** The override prompt at work: lines in, orders to a running healix, its answers out. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { unreachable } from '../../strategies/contract.ts';
import { HealixError } from '../errors.ts';
import type { FleetStatus } from '../runtime/status.ts';
import type { Ask } from './feed.ts';
import { carryOut } from './orders.ts';
import { complete, type Names, PROMPT_HELP, readTyped, type Typed } from './prompt.ts';
import type { Effect } from './screen.ts';
import { inline } from './words.ts';

export interface PromptOptions {
  readonly ask: Ask;
  readonly input: Readable;
  readonly output: Writable;
  /** Shows a prompt, completes names, keeps what was typed before; without it lines are read from a pipe. */
  readonly isTerminal: boolean;
  /** Of the whole fleet, or of one service. */
  readonly statusText: (status: FleetStatus, service: string | null) => string;
  readonly paint: (text: string, tone: 'good' | 'bad') => string;
}

const HISTORY_MAX = 200;
const PROMPT = 'healix> ';

/**
 * Until the end of the input or `quit`. Says whether every line was understood and taken.
 * @throws HealixError when no healix can be reached at the start; later it is said and the prompt stays.
 */
export async function runPrompt(options: PromptOptions): Promise<boolean> {
  const { input, output, isTerminal } = options;
  let names = namesIn(await readStatus(options.ask));
  const say = (text: string): void => void output.write(`${text}\n`);
  const lines = createInterface({
    input,
    output,
    terminal: isTerminal,
    prompt: PROMPT,
    historySize: HISTORY_MAX,
    removeHistoryDuplicates: true,
    completer: (text: string) => [...complete(text, names)],
  });
  let isFine = true;
  if (isTerminal) {
    say('Orders for the running healix: heal, pause, resume, isolate, release, approve, deny, status, help, quit.');
    // What was begun is given up, as at every prompt; a second one on an empty line leaves.
    lines.on('SIGINT', () => {
      if (lines.line === '') return lines.close();
      output.write('\n');
      lines.write(null, { ctrl: true, name: 'e' });
      lines.write(null, { ctrl: true, name: 'u' });
      lines.prompt();
    });
    lines.prompt();
  }
  for await (const text of lines) {
    let status: FleetStatus | null = null;
    let typed: Typed;
    try {
      status = await readStatus(options.ask);
      names = namesIn(status);
      typed = readTyped(text, names);
    } catch (error) {
      if (!(error instanceof HealixError)) throw error;
      typed = readTyped(text, names);
      if (typed.kind !== 'quit' && typed.kind !== 'help') typed = { kind: 'wrong', reason: error.message };
    }
    if (typed.kind === 'quit') break;
    isFine = (await answer(typed, status, options, say)) && isFine;
    if (isTerminal) lines.prompt();
  }
  lines.close();
  return isFine;
}

/** Whether it was understood and taken. */
async function answer(
  typed: Typed,
  status: FleetStatus | null,
  { ask, statusText, paint }: PromptOptions,
  say: (text: string) => void,
): Promise<boolean> {
  switch (typed.kind) {
    case 'nothing':
    case 'quit':
      return true;
    case 'help':
      for (const text of PROMPT_HELP) say(text);
      return true;
    case 'wrong':
      say(paint(inline(typed.reason), 'bad'));
      return false;
    case 'status':
      if (status !== null) say(statusText(status, typed.service).trimEnd());
      return true;
    case 'order':
    case 'decide': {
      const notice = await carryOut(effectOf(typed, status), ask);
      if (notice !== null) say(paint(inline(notice.text), notice.tone === 'bad' ? 'bad' : 'good'));
      return notice?.tone !== 'bad';
    }
    default:
      return unreachable(typed);
  }
}

function effectOf(typed: Extract<Typed, { kind: 'order' | 'decide' }>, status: FleetStatus | null): Effect {
  if (typed.kind === 'order') return { kind: 'order', service: typed.service, order: typed.order };
  const { action, isApproved } = typed;
  const hash = status?.waitingForApproval.find(({ id }) => id === action)?.hash ?? null;
  return { kind: 'decide', action, hash, isApproved, words: `action ${action}` };
}

async function readStatus(ask: Ask): Promise<FleetStatus> {
  return (await ask({ method: 'GET', path: '/status' })) as FleetStatus;
}

function namesIn({ services, waitingForApproval }: FleetStatus): Names {
  return { services: services.map(({ id }) => id), waiting: waitingForApproval.map(({ id }) => id) };
}
