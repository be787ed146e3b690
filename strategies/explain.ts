/** The runbook: a strategy in words that a person on call can follow. No gene names, no code. */
import { ISSUES, type Issue } from './contract.ts';
import { estimate, refereeLines } from './explain-referee.ts';
import { remediesUsed, tierSections } from './explain-steps.ts';
import { togetherLines } from './explain-together.ts';
import {
  counted,
  duration,
  ISSUE_WORDS,
  listed,
  paragraph,
  percent,
  plain,
  printable,
  readRule,
  remedyWords,
} from './explain-words.ts';
import { type Pack, packStrategy } from './pack.ts';
import type { Strategy } from './strategy.ts';

/** The runbook of a pack: what it was bred on, what was proved, and what it does. Lines are at most 100 characters wide. */
export function explain(pack: Pack): string {
  return runbook(pack.name, [section('What this is', origin(pack)), ...sections(packStrategy(pack))]);
}

/** The runbook of a strategy that is no pack, such as a baseline. */
export function explainStrategy(name: string, strategy: Strategy): string {
  return runbook(name, sections(strategy));
}

const runbook = (name: string, parts: readonly string[]): string =>
  `${[paragraph(`RUNBOOK ${printable(name)}`).join('\n'), ...parts.filter((part) => part !== '')].join('\n\n')}\n`;

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [title, '-'.repeat(title.length), ...lines].join('\n');

function sections(strategy: Strategy): string[] {
  return [
    section('How trouble is noticed', noticed(strategy)),
    ...tierSections(strategy).map(({ title, lines }) => section(title, lines)),
    section('Rules that come before these steps', ruleLines(strategy)),
    section('Measures that stand until taken back', measureLines(strategy)),
    section('When several are unwell', togetherLines(strategy)),
    section('When it gives up', givingUp(strategy)),
    section('Limits', limitLines(strategy)),
  ];
}

function origin({ name, provenance, proof }: Pack): string[] {
  const fleets = listed(provenance.fleets.map((fleet) => fleet.name));
  const bred = `Bred by healix ${provenance.healix} (${provenance.engine}, seed ${provenance.seed}) on ${fleets}, in ${plain(provenance.budget.trials)} simulated hours.`;
  const proved = proof.fleets.map(({ fleet, scenarios, strategies, paired }) => {
    const own = strategies.find((each) => each.kind === 'pack' && each.name === name);
    const rivals = strategies.filter((each) => each.kind === 'baseline');
    const best = rivals.reduce<(typeof rivals)[number] | undefined>(
      (least, each) => (least && least.lostUserMinutes.mean <= each.lostUserMinutes.mean ? least : each),
      undefined,
    );
    const pair = paired.find(({ a, b }) => a === name && b === best?.name);
    return [
      `On ${counted(scenarios, 'scenario')} of ${fleet} that it never saw (${proof.tier})`,
      own && ` it lost ${estimate(own.lostUserMinutes, scenarios)} user-minutes each`,
      best &&
        `; the best of ${counted(rivals.length, 'baseline')}, ${best.name}, lost ${estimate(best.lostUserMinutes, scenarios)}`,
      pair &&
        `; the difference is ${estimate(pair.difference, scenarios)}, better in ${pair.wins}, worse in ${pair.losses}`,
      '.',
    ].join('');
  });
  return [...[bred, ...proved].flatMap((text) => paragraph(printable(text))), ...refereeLines(proof.refereed ?? [])];
}

function noticed({ detection: d }: Strategy): string[] {
  const meaning: Readonly<Record<Issue, string>> = {
    'bad-deploy-suspected': `the release was younger than ${duration(d.deploySuspectS)} when the trouble began`,
    'config-drift-suspected': `it changed less than ${duration(d.configSuspectS)} before the trouble began`,
    'crash-loop': `a replica exited ${d.crashLoopExits} times within 10 min`,
    unresponsive: `${counted(d.unansweredProbes, 'liveness probe')} missed in a row; an exit counts at once`,
    'dependency-down': `${percent(d.dependencyFailedShare)} of its calls to one dependency fail, or that one is critical or failed`,
    'error-burst': `${percent(d.degradedErrorRate)} of its calls fail, or one replica is singled out; from ${percent(d.failedErrorRate)} it has failed`,
    'resource-exhausted': `a replica's memory is ${percent(d.exhaustedShare)} full, or the processors are as busy`,
    saturated: `a queue is ${percent(d.saturatedQueue)} full, or the processors are ${percent(d.saturatedCpu)} busy`,
    slow: `p95 latency is ${plain(d.slowMs)} ms, or ${plain(d.slowRatio)} times its own normal`,
    'memory-growth': `above ${percent(d.leakShare)}, memory grows by ${percent(d.leakPerMin)} of its limit a minute`,
    'predicted-failure': d.predictS === 0 ? 'never called, it does not look ahead' : `within ${duration(d.predictS)}`,
    anomaly: `${plain(d.anomalyZ)} deviations away from what it learnt as normal`,
  };
  return [
    ...paragraph(
      `It looks at each service every ${duration(d.windowS)}; the newest look weighs ${percent(d.smoothing)} in its running averages. Trouble counts ${confirmation(d)}. It is over after ${counted(d.clear, 'good look')} in a row, measured against ${percent(d.hysteresis)} of the thresholds.`,
    ),
    ...paragraph(
      `A replica is singled out when its share of failed calls exceeds its siblings' by ${percent(d.outlierShare)}, or its p95 latency is ${plain(d.slowRatio)} times theirs. Steps on a replica go to that one; if none is singled out, to each, the worst first and one at a time.`,
    ),
    'Symptoms, in the order in which they count when several hold:',
    ...ISSUES.flatMap((issue) => paragraph(`${ISSUE_WORDS[issue]}: ${meaning[issue]}.`, '- ')),
  ];
}

function confirmation({ confirm, confirmOf }: Strategy['detection']): string {
  if (confirm === 1) return 'at the first bad look';
  return confirm === confirmOf
    ? `once ${confirm} looks in a row agree`
    : `once ${confirm} of the last ${confirmOf} looks agree`;
}

function ruleLines({ rules }: Strategy): string[] {
  return rules.flatMap((rule, at) => {
    const reading = readRule(rule);
    if (reading.kind === 'off') return [];
    const bullet = `${at + 1}. `;
    if (reading.kind === 'never') return paragraph(`Never fires, as it asks that ${reading.words}.`, bullet);
    return paragraph(`When ${reading.words}: ${remedyWords(reading.remedy)}.`, bullet);
  });
}

/** Only the measures that some step or rule can take. */
function measureLines(strategy: Strategy): string[] {
  const { breaker, holds } = strategy;
  const used = new Set(Object.values(strategy.tiers).flatMap(remediesUsed));
  for (const reading of strategy.rules.map(readRule)) if (reading.kind === 'fires') used.add(reading.remedy);
  const trips = breaker.tripShare > 0;
  const lines = [
    trips &&
      `A circuit opens by itself when ${percent(breaker.tripShare)} of at least ${plain(breaker.minimumCalls)} calls in one look fail.`,
    (trips || used.has('circuit-break')) &&
      `An open circuit refuses all calls for ${duration(breaker.openS)}, then lets ${percent(breaker.probeShare)} through on trial. It closes if at most ${percent(breaker.closeShare)} of those fail; otherwise it stays open ${plain(breaker.openBackoff)} times as long as before.`,
    used.has('reroute') &&
      `A replica out of rotation returns after ${duration(holds.rerouteS)} if it answers its probes, at the latest after ${duration(4 * holds.rerouteS)}.`,
    used.has('fallback') && `The fallback is switched off for a try after ${duration(holds.fallbackS)}.`,
    used.has('scale-up') && `An added replica is given back after ${duration(holds.scaleDownAfterS)} without trouble.`,
  ];
  return lines.flatMap((line) => (line === false ? [] : paragraph(line, '- ')));
}

const givingUp = ({ tiers }: Strategy): string[] =>
  paragraph(
    `Never silently. The person on duty is called once for each episode of trouble. When the steps are used up, one that the limits below did not allow comes first; then what is written under "from then on" is repeated every ${duration(tiers.critical.pacing.cooldownMaxS)} (where nothing of it can be carried out, the affected replica is drained and restarted), and a replica whose process has exited is started again at that pace. Trouble that ended is forgotten: the next starts at the first step.`,
  );

const limitLines = ({ limits }: Strategy): string[] =>
  paragraph(
    `At once, at most ${percent(limits.disabledShare)} of a service's replicas are out of service (one always may be) and ${counted(limits.inFlight, 'disruptive action')} under way in the whole fleet; at most ${counted(limits.restartsPer10Min, 'restart')} of one service in 10 min; to roll back a new release counts, but does not wait. The fleet's own guard stands above all of this and may be tighter.`,
  );
