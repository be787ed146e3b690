/** Commands for actions that wait for a human's yes: what waits and why, and the answer. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { HealixError } from '../../errors.ts';
import type { Waiting } from '../../runtime/approvals.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { Problems, wholeNumber } from '../options.ts';
import { duration, type Paint, printable } from '../output.ts';
import { ask, asking, type Raw } from './asking.ts';

const HASH_MIN = 8;

export function addApprovals(program: Command, context: Context): void {
  const command = asking(
    program,
    'approvals',
    'what waits for a yes, and why',
    'Lists the actions that wait for a human. With a number: all that this one rests on.',
  ).argument('[action]', 'its number');
  command.action(async (text: string | undefined, raw: Raw) => {
    const waiting = (await ask(raw, { method: 'GET', path: '/approvals' })) as readonly Waiting[];
    const shown = text === undefined ? waiting : [find(waiting, numberOf(text))];
    if (raw.json) return printJson(context, text === undefined ? shown : shown[0]);
    const { paint, io } = context;
    if (shown.length === 0) io.stdout.write('nothing waits for a yes\n');
    else if (text === undefined) io.stdout.write(listText(shown, paint));
    else io.stdout.write(evidenceText(shown[0]!, paint));
  });
  withExamples(command, ['healix approvals', 'healix approvals 12', 'healix approvals --json']);
  addDecision(program, context, 'approve');
  addDecision(program, context, 'deny');
}

function addDecision(program: Command, context: Context, name: 'approve' | 'deny'): void {
  const words =
    name === 'approve'
      ? 'Lets an action that waits for a yes go on: exactly the one that healix approvals shows under this number, once.'
      : 'Refuses an action that waits for a yes.';
  const command = asking(program, name, name === 'approve' ? 'say yes to an action' : 'say no to an action', words)
    .argument('<action>', 'its number, as healix approvals prints it')
    .option('--hash <hex>', `its hash, or the first ${HASH_MIN} digits or more: another action is not answered`);
  command.action(async (text: string, raw: Raw & { readonly hash?: string }) => {
    const action = numberOf(text);
    const shown = hashOf(raw.hash);
    const waiting = (await ask(raw, { method: 'GET', path: '/approvals' })) as readonly Waiting[];
    const known = waiting.find(({ id }) => id === action);
    if (known !== undefined && shown !== undefined && !known.hash.startsWith(shown))
      throw new HealixError(
        'refused',
        `action ${action} has another hash: ${known.hash}. Look again: healix approvals`,
      );
    const more = { ...(known === undefined ? {} : { hash: known.hash }), ...nameOf() };
    const body = { action, approve: name === 'approve', ...more };
    const answer = (await ask(raw, { method: 'POST', path: '/approvals', body })) as {
      readonly begun: readonly string[];
    };
    if (raw.json) return printJson(context, answer);
    const what = known === undefined ? '' : `: ${whatText(known)}`;
    const begun = answer.begun.length === 0 ? '' : '; it is being done';
    context.io.stdout.write(`action ${action} ${name === 'approve' ? 'approved' : 'denied'}${what}${begun}\n`);
  });
  withExamples(command, [`healix ${name} 12`, `healix ${name} 12 --hash 3fa2b1c0`]);
}

function numberOf(text: string): number {
  const problems = new Problems();
  const action = wholeNumber(problems, '<action>', text, { lo: 0, hi: Number.MAX_SAFE_INTEGER }, 0);
  problems.refuse();
  return action;
}

function hashOf(text: string | undefined): string | undefined {
  if (text === undefined || new RegExp(`^[0-9a-f]{${HASH_MIN},64}$`).test(text)) return text;
  throw new HealixError('bad-option', `--hash must be ${HASH_MIN} to 64 hexadecimal digits, not ${text}`);
}

/** Who answers, for the journal; whose name healix cannot take stays unnamed. */
function nameOf(): { readonly by?: string } {
  try {
    const { username } = userInfo();
    return /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u.test(username) ? { by: username } : {};
  } catch {
    return {};
  }
}

function find(waiting: readonly Waiting[], action: number): Waiting {
  const found = waiting.find(({ id }) => id === action);
  if (found === undefined) throw new HealixError('refused', `no action ${action} waits for approval`);
  return found;
}

function listText(waiting: readonly Waiting[], paint: Paint): string {
  const rows = waiting.map((one) => {
    const asked = one.evidence.askedBy;
    const by = asked.kind === 'policy' ? `the policy for tier ${asked.tier}` : `article ${printable(asked.article)}`;
    return `${paint(`action ${one.id}`, 'yellow')}: ${whatText(one)}, because ${printable(one.reason)}; asked by ${by}; ${leftText(one)}\n`;
  });
  return `${rows.join('')}\nhealix approvals ID shows what it rests on; then healix approve ID, or healix deny ID\n`;
}

function whatText({ service, action, replica, parameters }: Waiting): string {
  const how = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  const what = how.length === 0 ? action : `${action} (${printable(how.join(', '))})`;
  return `${what} of ${printable(service)}${replica < 0 ? '' : ` ${replica}`}`;
}

function leftText({ untilMs }: Waiting): string {
  return `${duration(Math.max(0, (untilMs - Date.now()) / 1000))} left, then it is a no`;
}

function evidenceText(one: Waiting, paint: Paint): string {
  const { askedBy, causes, bid, symptoms } = one.evidence;
  const askedS = Math.max(0, (Date.now() - one.sinceMs) / 1000);
  const lines: (readonly [string, string])[] = [
    ['why', one.reason],
    ['symptoms', symptoms.join(', ') || 'none of its own'],
    ['asked', `${duration(askedS)} ago; ${leftText(one)}`],
  ];
  if (askedBy.kind === 'policy')
    lines.push(['by', `the config's policy for tier ${askedBy.tier} leaves it to a human`]);
  else {
    const { article, edition, reason, harm } = askedBy;
    const { userHarm, systemicImpact, irreversibility, longTermCost, total } = harm;
    const parts = [
      `to users ${two(userHarm)}`,
      `to the fleet ${two(systemicImpact)}`,
      `not to be undone ${two(irreversibility)}`,
      `later ${two(longTermCost)}`,
    ];
    lines.push(['by', `article ${article} of the constitution, edition ${edition}`], ['', reason]);
    lines.push(['harm', `${two(total)} of 1 (${parts.join(', ')})`]);
  }
  if (bid !== null) {
    const takes = `takes away ${two(bid.blastRadius)} of what serves`;
    const offer = `done in about ${duration(bid.expectedRecoveryS)}, cost ${two(bid.cost)}, ${takes}, confidence ${two(bid.confidence)}`;
    lines.push(['bid', offer]);
    const served = `${Math.round(bid.served * 100)} % of its calls are answered well`;
    lines.push(['service', `${bid.ready} of ${bid.present} replicas serve, ${served}`]);
  }
  const told = causes.map(({ cause, score, victims, reasons }) => {
    const follows = victims.length === 0 ? '' : `, with ${victims.join(', ')} as victims`;
    return `${cause} ${two(score)}${follows}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
  });
  (told.length === 0 ? ['nobody has looked for them'] : told).forEach((cause, at) => {
    lines.push([at === 0 ? 'causes' : '', cause]);
  });
  lines.push(['hash', one.hash]);
  const text = lines.map(([name, value]) => `  ${paint(name.padEnd(9), 'dim')} ${printable(value)}\n`).join('');
  const answers = `  healix approve ${one.id} --hash ${one.hash.slice(0, HASH_MIN)}   healix deny ${one.id}\n`;
  return `${paint(`action ${one.id}`, 'yellow')}: ${paint(whatText(one), 'bold')}\n${text}${answers}`;
}

const two = (share: number): string => share.toFixed(2);
