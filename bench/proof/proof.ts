/** `npm run bench -- proof`: tier 1 against tier 2, published edges and speed, as one JSON file and one Markdown table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT, packageVersion } from '../../src/package-root.ts';
import { edge } from './edge.ts';
import { plane } from './plane.ts';
import { ranking } from './ranking.ts';
import { kernelSpeed, tierCost } from './speed.ts';

export function proof(print: (line: string) => void): void {
  const measure = <Result>(what: string, work: () => Result): Result => {
    print(`measuring: ${what}`);
    return work();
  };
  const results = {
    healix: packageVersion(),
    node: process.version,
    plane: measure('metastable plane', plane),
    edges: [
      measure('published edge, fluid', () => edge('fluid')),
      measure('published edge, requests', () => edge('requests')),
    ],
    ranking: measure('ranking of policies', ranking),
    kernel: measure('event kernel', kernelSpeed),
    cost: measure('cost of an hour', tierCost),
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
  readonly ranking: ReturnType<typeof ranking>;
  readonly kernel: ReturnType<typeof kernelSpeed>;
  readonly cost: ReturnType<typeof tierCost>;
}

export function asMarkdown({ healix, node, plane: cells, edges, ranking: order, kernel, cost }: Results): string {
  const millions = (value: number | string): string =>
    typeof value === 'number' ? `${(value / 1e6).toFixed(2)} M/s` : value;
  const times = (value: number | string): string =>
    typeof value === 'number' ? `${(kernel.js / value).toFixed(2)} times` : 'left out';
  const recovers = (cell: boolean | undefined): string => (cell === true ? 'recovers' : 'stays down');
  const rows = [
    ['metastable plane: cells on which both tiers agree', `${cells.agreeing} of ${cells.cells}`, '62 of 64'],
    [
      `ranking of ${order.policies} policies on ${order.scenarios} scenarios: Kendall tau`,
      order.kendallTau.toFixed(3),
      '0.93',
    ],
    ['the same: mean error of availability', order.availabilityError.toFixed(4), 'at most 0.03'],
    ...edges.map((found) => [
      `OSDI'22 edge on ${found.tier}, capacity fitted (${found.capacityPerS.toFixed(0)}/s): 78 % for 10 s; 80 % for 9 s`,
      found.recovers.map(recovers).join('; '),
      'recovers; recovers',
    ]),
    [
      `event kernel: ${millions(kernel.js)}, against SimPy processes (${millions(kernel.simpy)})`,
      times(kernel.simpy),
      '100 times',
    ],
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
  ].join('\n');
}
