/** The part of a runbook that says what is done: tiers, symptoms and steps, those that are alike told once. */
import { ISSUES, type Issue, type Remedy, TIERS, type Tier } from './contract.ts';
import { counted, duration, ISSUE_WORDS, listed, paragraph, percent, plain, remedyWords } from './explain-words.ts';
import type { Pacing, Strategy, TierPolicy } from './strategy.ts';

const CALL = remedyWords('escalate');

/** One section for all tiers that take the same steps, whatever their pace. */
export function tierSections({ tiers }: Strategy): { title: string; lines: string[] }[] {
  const groups = groupBy(TIERS, (tier) => ISSUES.map((issue) => stepsKey(tiers[tier], issue)).join(';'));
  return groups.map((members) => {
    const policies = members.map((tier) => tiers[tier]);
    const title = members.length === TIERS.length ? 'What is done' : `What is done in ${tierWords(members)}`;
    const paces = groupBy(members, (tier) => JSON.stringify(tiers[tier].pacing));
    const lines = [
      ...paces.flatMap((alike) => paragraph(`${tierWords(alike)}: ${paceWords(tiers[alike[0]!].pacing)}`, '- ')),
      ...ladderBlocks(policies),
    ];
    return { title, lines };
  });
}

/** Every remedy that the steps of a tier can come to. */
export function remediesUsed(policy: TierPolicy): Remedy[] {
  return ISSUES.flatMap((issue) => [...stepsOf(policy, issue), lastResort(policy, issue) ?? 'wait']);
}

const tierWords = (tiers: readonly Tier[]): string =>
  tiers.length === TIERS.length
    ? 'every service'
    : `${listed(tiers.map((tier) => (tier === 'default' ? 'ordinary' : tier)))} services`;

function paceWords({ verifyS, cooldownS, backoff, cooldownMaxS, jitter, attempts, escalateAfterS }: Pacing): string {
  const growth =
    backoff < 1.01 ? '' : `, ${plain(backoff)} times longer with each attempt, at most ${duration(cooldownMaxS)}`;
  const chance = jitter < 0.005 ? '' : `, plus up to ${percent(jitter)} at random`;
  return `wait at least ${duration(verifyS)} for fresh evidence after each step. Leave the same target alone for ${duration(Math.min(cooldownS, cooldownMaxS))}${growth}${chance}. After ${counted(attempts, 'attempt')} on the same target, or ${duration(escalateAfterS)} of unbroken trouble at any step, ${CALL}.`;
}

/** Symptoms with the same steps share one block. The policies take the same steps and may differ in pace. */
function ladderBlocks(policies: readonly TierPolicy[]): string[] {
  return groupBy(ISSUES, (issue) => stepsKey(policies[0]!, issue)).flatMap((issues) => [
    '',
    ...paragraph(`When ${issues.map((issue) => ISSUE_WORDS[issue]).join(', or ')}:`),
    ...ladderLines(policies, issues[0]!),
  ]);
}

const acts = (remedy: Remedy): boolean => remedy !== 'wait' && remedy !== 'escalate';
/** What is repeated when the steps are used up. */
const lastResort = ({ ladders }: TierPolicy, issue: Issue): Remedy | undefined => ladders[issue].findLast(acts);
const stepsKey = (policy: TierPolicy, issue: Issue): string =>
  [...stepsOf(policy, issue), lastResort(policy, issue)].join();

/** The rungs that the allowed attempts can reach; waiting and calling are no attempts. */
function stepsOf({ ladders, pacing }: TierPolicy, issue: Issue): readonly Remedy[] {
  let attempts = 0;
  return ladders[issue].filter((remedy) => {
    const reached = attempts < pacing.attempts;
    if (acts(remedy)) attempts++;
    return reached;
  });
}

/** Seconds from each step to the next: the evidence wait, or the cool-down where that is longer. */
function waitsAfter({ pacing }: TierPolicy, steps: readonly Remedy[]): number[] {
  let attempts = 0;
  return steps.map((remedy) => {
    if (!acts(remedy)) return pacing.verifyS;
    const cooldownS = pacing.cooldownS * pacing.backoff ** attempts++;
    return Math.max(pacing.verifyS, Math.min(pacing.cooldownMaxS, cooldownS));
  });
}

function ladderLines(policies: readonly TierPolicy[], issue: Issue): string[] {
  const steps = stepsOf(policies[0]!, issue);
  const waits = policies.map((policy) => waitsAfter(policy, steps));
  const stillSo = (after: number): string =>
    `still so ${[...new Set(waits.map((each) => duration(each[after]!)))].join(' or ')} later: `;
  const words: string[] = [];
  for (let at = 0; at < steps.length; at++) {
    const first = at;
    while (steps[at + 1] === steps[first]) at++;
    words.push((first === 0 ? '' : stillSo(first - 1)) + stepWords(steps[first]!, at - first + 1));
  }
  const called = steps.includes('escalate');
  const resort = lastResort(policies[0]!, issue);
  if (!called) words.push(stillSo(steps.length - 1) + CALL);
  const lines = words.flatMap((text, at) =>
    paragraph(at < words.length - 1 ? `${text};` : `${text}.`, `  ${at + 1}. `),
  );
  return resort === undefined ? lines : [...lines, ...paragraph(`From then on: ${remedyWords(resort)}.`, '     ')];
}

function stepWords(remedy: Remedy, times: number): string {
  if (times === 1 || remedy === 'escalate') return remedyWords(remedy);
  return remedy === 'wait'
    ? `${remedyWords(remedy)} for ${times} waits`
    : `${remedyWords(remedy)}, up to ${times} times`;
}

/** Members with the same key, in order of first appearance. */
function groupBy<Member>(members: readonly Member[], keyOf: (member: Member) => string): Member[][] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const group = groups.get(keyOf(member));
    if (group === undefined) groups.set(keyOf(member), [member]);
    else group.push(member);
  }
  return [...groups.values()];
}
