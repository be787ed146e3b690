/** The override prompt at work: lines in, orders to a running healix, its answers out. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { unreachable } from '../../strategies/contract.ts';
import { HealixError } from '../errors.ts';
import type { FleetStatus, ServiceStatus } from '../runtime/status.ts';
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
  /** For machines: each line that was typed is answered by one JSON object on one line. */
  readonly isJson?: boolean;
}

/** What comes of one line. */
interface Answer {
  /** Whether it was understood and taken. */
  readonly ok: boolean;
  readonly said?: string;
  readonly status?: FleetStatus | ServiceStatus;
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
    const answer = await answerTo(typed, status, options.ask);
    if (answer !== null)
      say(
        options.isJson === true ? JSON.stringify({ typed: text, ...answer }) : textOf(answer, typed, status, options),
      );
    isFine = answer?.ok !== false && isFine;
    if (isTerminal) lines.prompt();
  }
  lines.close();
  return isFine;
}

/** Null where there is nothing to say. */
async function answerTo(typed: Typed, status: FleetStatus | null, ask: Ask): Promise<Answer | null> {
  switch (typed.kind) {
    case 'nothing':
    case 'quit':
      return null;
    case 'help':
      return { ok: true, said: PROMPT_HELP.join('\n') };
    case 'wrong':
      return { ok: false, said: typed.reason };
    case 'status': {
      const shown = typed.service === null ? status : status?.services.find(({ id }) => id === typed.service);
      return shown === null || shown === undefined ? null : { ok: true, status: shown };
    }
    case 'order':
    case 'decide': {
      const notice = await carryOut(effectOf(typed, status), ask);
      return notice === null ? null : { ok: notice.tone !== 'bad', said: notice.text };
    }
    default:
      return unreachable(typed);
  }
}

/** The same for a person. */
function textOf(
  { ok, said = '' }: Answer,
  typed: Typed,
  status: FleetStatus | null,
  { statusText, paint }: PromptOptions,
): string {
  if (typed.kind === 'help') return said;
  if (typed.kind === 'status' && status !== null) return statusText(status, typed.service).trimEnd();
  return paint(inline(said), ok ? 'good' : 'bad');
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
