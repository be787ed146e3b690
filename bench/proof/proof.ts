/** `npm run bench -- proof`: tier 1 against tier 2, published edges and speed, as one JSON file and one Markdown table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT, packageVersion } from '../../src/package-root.ts';
import { edge } from './edge.ts';
import { type Leaving, leaving } from './leaving.ts';
import { plane } from './plane.ts';
import { isConfirmed, type Reversed, ranking } from './ranking.ts';
import { kernelSpeed, tierCost } from './speed.ts';
import { type Threads, threads } from './threads.ts';

export async function proof(print: (line: string) => void): Promise<void> {
  const measure = <Result>(what: string, work: () => Result): Result => {
    print(`measuring: ${what}`);
    return work();
  };
  const edges = [
    measure('published edge, fluid', () => edge('fluid')),
    measure('published edge, requests', () => edge('requests')),
  ];
  const results: Results = {
    healix: packageVersion(),
    node: process.version,
    plane: measure('metastable plane', plane),
    edges,
    leaving: edges.map(({ tier, capacityPerS }) =>
      measure(`who leaves the storm, ${tier}`, () => leaving(tier, capacityPerS)),
    ),
    ranking: measure('ranking of policies', ranking),
    kernel: measure('event kernel', kernelSpeed),
    cost: measure('cost of an hour', tierCost),
    threads: await measure('threads against processes', threads),
  };
  writeFileSync(join(PACKAGE_ROOT, 'bench', 'proof.json'), `${JSON.stringify(results, null, 2)}\n`);
  const markdown = asMarkdown(results);
  writeFileSync(join(PACKAGE_ROOT, 'bench', 'PROOF.md'), markdown);
  print(markdown);
}

export interface Results {
  readonly healix: string;
  readonly node: string;
  readonly plane: ReturnType<typeof plane>;
  readonly edges: readonly ReturnType<typeof edge>[];
  readonly leaving: readonly Leaving[];
  readonly ranking: ReturnType<typeof ranking>;
  readonly kernel: ReturnType<typeof kernelSpeed>;
  readonly cost: ReturnType<typeof tierCost>;
  readonly threads: Threads;
}

export function asMarkdown(results: Results): string {
  const { healix, node, plane: cells, edges, ranking: order, kernel, cost } = results;
  const millions = (value: number | string): string =>
    typeof value === 'number' ? `${(value / 1e6).toFixed(2)} M/s` : value;
  const times = (value: number | string): string =>
    typeof value === 'number' ? `${(kernel.js / value).toFixed(2)} times` : 'left out';
  const recovers = (cell: boolean | undefined): string => (cell === true ? 'recovers' : 'stays down');
  const rows = [
    ['metastable plane: cells on which both tiers agree', `${cells.agreeing} of ${cells.cells}`, '62 of 64'],
    [
      `ranking of ${order.policies} policies on ${order.scenarios} scenarios: Kendall tau, against the mean of ${order.runs} runs of tier 2`,
      order.kendallTau.toFixed(3),
      '0.93',
    ],
    [
      'the same against one run of tier 2, and between two runs of tier 2 (only the users differ)',
      `${order.kendallTauOfOneRun.toFixed(3)}, ${order.kendallTauOfTier2.toFixed(3)}`,
      '',
    ],
    [
      `pairs that tier 1 orders the other way round, of ${order.certain} (of ${order.pairs}) that tier 2 is sure of; of these also in ${order.runsAgain} runs with other users`,
      `${order.reversed.length}; ${order.reversed.filter(isConfirmed).length}`,
      '; 0',
    ],
    ['the same: mean error of availability', order.availabilityError.toFixed(4), 'at most 0.03'],
    ...edges.map((found) => [
      `OSDI'22 edge on ${found.tier}, capacity fitted (${found.capacityPerS.toFixed(0)}/s): 78 % for 10 s; 80 % for 9 s`,
      found.recovers.map(recovers).join('; '),
      'recovers; recovers',
    ]),
    ...kernel.simpy.map(({ name, eventsPerS }) => [
      `event kernel: ${millions(kernel.js)}, against processes of ${name} (${millions(eventsPerS)})`,
      times(eventsPerS),
      '100 times',
    ]),
    [`event kernel against C++ priority_queue (${millions(kernel.cpp)})`, times(kernel.cpp), '1 time'],
    [
      `an hour of 20 services at 2,000 requests/s: tier 1 ${cost.fluidMs.toFixed(0)} ms, tier 2 ${(cost.requestsMs / 1000).toFixed(0)} s`,
      `${(cost.requestsMs / cost.fluidMs).toFixed(0)} times cheaper`,
      '4,000 times',
    ],
    [
      `tier 2: CPU per user request of ${cost.callsPerUserRequest.toFixed(1)} calls`,
      `${cost.usPerUserRequest.toFixed(2)} us`,
      'at most 7 us (9 calls)',
    ],
    [
      `tier 1 on ${results.threads.workers} worker threads (${results.threads.threads.toFixed(1)} trials/s of real time), against as many processes (${results.threads.processes.toFixed(1)})`,
      `${results.threads.ratio.toFixed(2)} times`,
      '0.9 times',
    ],
  ];
  return [
    '# What the simulators were held to',
    '',
    `Written by \`npm run bench -- proof\` (healix ${healix}, Node ${node}); no number is typed by hand. CPU time; speeds are medians of`,
    'interleaved rounds. Queueing theory and every fault, alone and in pairs, are held in `npm test` (`test/sim`, `test/requests`).',
    '',
    '| what | measured | wanted |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    'The plane, cut of the capacity (rows, 50 to 90 %) by time it lasted (columns, 2 to 30 s): `.` both recover, `#` both stay down,',
    '`f` only the fluid stays down, `r` only the requests do:',
    '',
    '```',
    ...cells.map,
    '```',
    '',
    ...reversedPairs(order),
    ...leavingTable(results.leaving),
  ].join('\n');
}

/** Pairs whose order is certain on tier 2 and another on tier 1: where it is so again, one of the tiers has a bug. */
function reversedPairs({ reversed, runs, runsAgain }: Results['ranking']): string[] {
  if (reversed.length === 0) return [];
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const line = (pair: Reversed): string => {
    const { a, b, fluid, requests, again } = pair;
    const words = `- ${a} minus ${b}: tier 1 ${percent(fluid)}, tier 2 ${percent(requests)}`;
    if (again === null) return words;
    const [low, high] = again.ci95.map(percent);
    return `${words}; again ${percent(again.mean)} [${low}, ${high}]: ${isConfirmed(pair) ? 'confirmed' : 'chance'}`;
  };
  return [
    `Pairs of policies that tier 1 orders the other way round, availability: tier 2 in ${runs} runs, and again in ${runsAgain} with other users:`,
    '',
    ...reversed.map(line),
    '',
  ];
}

function leavingTable(tiers: readonly Leaving[]): string[] {
  const after = (tier: Leaving, name: string): string => {
    const { leftAfterS } = tier.strategies.find((strategy) => strategy.name === name)!;
    return leftAfterS === null ? 'never' : `${leftAfterS.toFixed(0)} s`;
  };
  return [
    "Who leaves the OSDI'22 storm (cut of 80 % for 10 s), and how long after the capacity is back no more than 5 % of users are lost.",
    'Users wait for up to 16 s, so what was asked in the storm is lost after it, too:',
    '',
    `| strategy | ${tiers.map(({ tier, capacityPerS }) => `${tier}, ${capacityPerS.toFixed(0)}/s free`).join(' | ')} |`,
    `| --- |${' --- |'.repeat(tiers.length)}`,
    ...tiers[0]!.strategies.map(({ name }) => `| ${[name, ...tiers.map((tier) => after(tier, name))].join(' | ')} |`),
    '',
  ];
}
