/** bench/RUNTIME.md, made of the results: no number in it is typed by hand. Pure. */

import { MEMORY_MB, USERS_PER_S } from '../../src/demo/fleet.ts';
import type { Standing } from './results.ts';
import { BRED_ELSEWHERE, EVOLVED } from './rivals.ts';
import { KERNEL_MB } from './run.ts';
import { PEOPLE_AFTER_MS, STRUCK_KINDS } from './schedule.ts';
import type { Agreement } from './simulated.ts';
import type { Interval } from './statistics.ts';

export interface Report {
  readonly command: string;
  readonly versions: { readonly healix: string; readonly node: string; readonly pm2: string | null };
  readonly minutes: number;
  readonly seeds: readonly string[];
  readonly faultsPlanned: number;
  /** Most fleets that ran at once. */
  readonly parallel: number;
  readonly standings: readonly Standing[];
  readonly byKind: readonly KindRow[];
  /** Null while fewer than three contenders have a likeness in the simulator. */
  readonly twins: Agreement | null;
  readonly usual: Agreement | null;
}

/** Mean seconds to recover from each kind of fault, and how many of them were never recovered. */
export interface KindRow {
  readonly contender: string;
  readonly kinds: Readonly<Record<string, { readonly meanS: number; readonly never: number; readonly faults: number }>>;
}

export function markdownOf(report: Report): string {
  return [
    '# Real services, real faults',
    '',
    `Made by \`${report.command}\` with healix ${report.versions.healix}, Node ${report.versions.node}${report.versions.pm2 === null ? '' : `, pm2 ${report.versions.pm2}`}. ${report.seeds.length} schedule(s) of ${report.minutes} minutes, ${report.faultsPlanned} faults in all; the raw runs are in \`bench/runtime-runs.jsonl\`, the figures in \`bench/runtime.json\`.`,
    '',
    ...METHOD,
    '',
    '## Who heals the shop',
    '',
    ...standingsTable(report.standings),
    '',
    ...verdicts(report.standings),
    '',
    '## By kind of fault',
    '',
    'Mean seconds until the service was right again, people included; in brackets how many of the faults only people cured.',
    '',
    ...kindTable(report.byKind),
    '',
    '## Simulated and real',
    '',
    ...simulatedPart(report),
    '',
    '## Why they disagree, and what is doubtful',
    '',
    ...REMARKS,
    '',
    '## The machine during the runs',
    '',
    `At most ${report.parallel} fleet(s) at once. Shares of all processors. \`busy\` leaves out niced work of others, which gives way to the runs. \`lag\` is the 99th percentile by which timers were late in the process of gateway, users and, where there is one, the runtime.`,
    '',
    table(
      ['contender', 'busy', 'stolen', 'lag'],
      report.standings.map(({ contender, machine }) => [
        contender,
        percent(machine.busy),
        percent(machine.stolen),
        `${machine.lagP99Ms.toFixed(0)} ms`,
      ]),
    ),
    '',
  ].join('\n');
}

const METHOD = [
  `Eight small HTTP services (\`src/demo/\`), one process each; ${USERS_PER_S} users a second ask the shop, whatever comes back, and wait a second. Faults (${STRUCK_KINDS.join(', ')}) strike at seeded moments: gaps follow a Weibull law with decreasing hazard, some strikes hit two or three services at once, every kind comes equally often, and a service is struck again only after people would have repaired it. The schedule is the same for every contender.`,
  '',
  'What is fair, and what is not:',
  '',
  '- **The same gateway for all.** pm2 and nobody have no gateway of their own. Theirs is the one that healix uses, with the same timeouts and fixed ports, steered by nobody: so a call costs and times out the same for everyone, and only healing differs. (A direct call would cost less; nothing here is near saturation.)',
  `- **People come after ${PEOPLE_AFTER_MS / 1000} s.** Whatever a contender has not cured by then is repaired: files put back, the process replaced. Such a fault counts as never recovered, with the time people took. healix has no order "restart", so its people kill the process and order it healed; a healer's own back-off then still holds. pm2's people use \`pm2 restart\`.`,
  `- **The kernel's limit holds for all**: a process above ${KERNEL_MB} MB is killed by the bench, as a container's limit would. healix, and pm2 set up carefully, know a limit of ${MEMORY_MB} MB.`,
  '- **pm2** runs as it ships, and as `pm2-careful` with the memory limit and exponential back-off. It has no probes, no configuration and no releases to go back to: those faults it cannot heal, by design. It is told of nothing that it could use.',
  '- **Every healer run by healix** gets the same probes, gateway, actuators and guard; baselines are the published defaults of the systems that they are named after, not those systems.',
  '- A canned answer (`fallback`) counts as lost by the harm that the simulator gives it (0.1, 0.4 or 0.8 by tier), not as served.',
  '- `right again` is asked of the service itself (`/state`, which no probe of the fleet uses). `users served again` is the first two seconds after that in which at most one user in twenty is lost. Faults overlap, and each bears what the others do to users meanwhile.',
  '- Restarts are counted from what the processes themselves write down when they begin; `collateral` are those of services that nothing was wrong with.',
  '- Intervals: 95 %, block bootstrap over faults (five neighbours at a time, because what one does to users outlasts the next). Differences are on the same faults.',
];

/** What the logs of the runs show (`--logs`), for a reader; no figures. */
const REMARKS = [
  '- **Circuits at the entry.** Users need all eight services, so a circuit in front of the shop turns every fault into a total outage, and its trial calls go on failing as long as any one service is ill; each failed trial makes the next opening longer. The pack bred for other fleets and the runbook pay for this with most of what they lose: their services are right again long before their users are served. The pack bred for this fleet never opens a circuit by itself (its `breaker.tripShare` is zero); that the simulator found this, and that reality agrees, is the best evidence here for breeding per fleet. It is the pack, not the runtime: the simulator has the same loss in the same scenarios.',
  '- **What the fleet file says.** Since 0.1.18 the simulated fleet can do what this one can and no more (no order to reconnect, nothing further back than `v1`), is as quick (a process is replaced in a tenth of a second, a replica that is alone serves as soon as it listens), and has the probe of the work itself (`probes.performance`) that sees what nobody calls. Before, packs bred in simulation went back to releases that are not here where a restart would have done, were refused, and left it to people.',
  '- **Some things are still quicker here.** A configuration is repaired at once, where the simulator takes four seconds; a graceful stop takes as long as the service needs, where it takes two; an exit is seen at once, where it takes a second.',
  '- **A bad release** is a roll-out with spare capacity in the simulator, a replaced process here. **A leak** is slower there, and in the release.',
  '- **pm2 and baselines of its kind** agree best, because they do little: a restart of what exits is the same in both worlds.',
  '- **Doubtful**: one machine, one fleet, few faults; a fault every dozen seconds is far denser than life, and availability is low for everyone because of it: of those who leave slow and failing services, configurations and releases to people, whose faults overlap from end to end, it tells hardly anything apart. Two runs of one contender on one schedule differ, too, as the moment of a look and one false alarm decide over cool-downs of a minute. What a service does to users depends on what else is ill at that moment, so availabilities of two contenders that are close are not told apart. Canned answers count as mostly lost where the shop itself gives them, which of all these only `hms` does.',
];

function standingsTable(standings: readonly Standing[]): string[] {
  return [
    table(
      [
        'contender',
        'availability',
        'minus the evolved pack',
        'right again: mean',
        'p95',
        'users served again: mean',
        'p95',
        'never recovered',
        'restarts',
        'collateral',
      ],
      standings.map((one) => [
        one.contender === EVOLVED ? `**${one.contender}**` : one.contender,
        percents(one.availability),
        one.against === null ? '' : percents(one.against),
        seconds(one.timeToRecoverS.mean),
        `${one.timeToRecoverS.p95.value.toFixed(0)} s`,
        seconds(one.timeToServeS.mean),
        `${one.timeToServeS.p95.value.toFixed(0)} s`,
        `${one.neverRecovered} of ${one.faults}`,
        String(one.restarts),
        String(one.collateral),
      ]),
    ),
  ];
}

/** In words, who is beyond doubt behind and ahead of the evolved pack. */
export function verdicts(standings: readonly Standing[]): string[] {
  const others = standings.filter(({ against }) => against !== null);
  const sorted = (
    good: (one: Standing) => Interval | null,
    sign: number,
  ): Record<'behind' | 'ahead' | 'open', string> => {
    const behind = others.filter((one) => isBelow(good(one), sign));
    const ahead = others.filter((one) => isBelow(good(one), -sign));
    const open = others.filter((one) => !behind.includes(one) && !ahead.includes(one));
    return { behind: names(behind), ahead: names(ahead), open: names(open) };
  };
  const available = sorted(({ against }) => against, 1);
  const soon = sorted(({ later }) => later, -1);
  return [
    `Against the evolved pack (${EVOLVED}), on the same faults:`,
    '',
    `- availability: beyond doubt lower ${available.behind}; beyond doubt higher ${available.ahead}; not told apart ${available.open}.`,
    `- right again: beyond doubt later ${soon.behind}; beyond doubt sooner ${soon.ahead}; not told apart ${soon.open}.`,
    `- **where another is ahead**, beyond doubt or not: more available ${names(others.filter(({ against }) => against!.value > 0))}; sooner right again ${names(others.filter(({ later }) => later!.value < 0))}.`,
    '',
    `${EVOLVED} was bred for this very fleet, in simulation, on other faults; ${BRED_ELSEWHERE} on fleets of three replicas and more requests: it shows what a pack is worth where it was not bred.`,
  ];
}

/** Wholly below zero, or above it for a negative sign. */
function isBelow(interval: Interval | null, sign: number): boolean {
  return interval?.ci95.every((end) => sign * end < 0) ?? false;
}

const names = (list: readonly Standing[]): string =>
  list.length === 0 ? 'none' : list.map(({ contender }) => contender).join(', ');

function kindTable(rows: readonly KindRow[]): string[] {
  return [
    table(
      ['contender', ...STRUCK_KINDS],
      rows.map(({ contender, kinds }) => [
        contender,
        ...STRUCK_KINDS.map((kind) => {
          const cell = kinds[kind];
          if (cell === undefined || cell.faults === 0) return '';
          return `${cell.meanS.toFixed(1)}${cell.never === 0 ? '' : ` (${cell.never} of ${cell.faults})`}`;
        }),
      ]),
    ),
  ];
}

function simulatedPart({ twins, usual }: Report): string[] {
  if (twins === null || usual === null) return ['Too few contenders were run to compare.'];
  const lost = (agreement: Agreement, name: string): string => {
    const row = agreement.contenders.find(({ contender }) => contender === name)!;
    return (row.lostUserMinutes.reduce((sum, value) => sum + value, 0) / row.lostUserMinutes.length).toFixed(0);
  };
  return [
    '`sim/fleets/demo.yaml` is this very fleet (`healix fleet from` on the config that ran). The same contenders on tier 2, every request by itself, twice: on **the same faults** at the same moments, with people after the same time, and on **hours as they come**, which the simulator draws for every fleet: other kinds, other gaps, people as slow as in the field. `pm2` is there the baseline of that name, `nobody` is `nothing`; `pm2-careful` has no likeness.',
    '',
    `Rank correlation of simulated lost user-minutes and real lost requests (Kendall's tau b): **${tau(twins.kendallTau)}** on the same faults, **${tau(usual.kendallTau)}** on hours as they come. Simulated availability on the same faults is off by ${points(twins.availabilityError)} points on average.`,
    '',
    table(
      [
        'contender',
        'really available',
        'simulated, same faults',
        'really lost',
        'simulated lost minutes, same faults',
        'hours as they come',
      ],
      twins.contenders
        .toSorted((a, b) => a.realLost - b.realLost)
        .map((row) => [
          row.contender,
          percent(row.realAvailability),
          percent(row.availability),
          row.realLost.toFixed(0),
          lost(twins, row.contender),
          lost(usual, row.contender),
        ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (share: number): string => (100 * share).toFixed(1);
const percents = ({ value, ci95: [low, high] }: Interval): string =>
  `${(100 * value).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
const seconds = ({ value, ci95: [low, high] }: Interval): string =>
  `${value.toFixed(1)} s [${low.toFixed(1)}, ${high.toFixed(1)}]`;
const tau = ({ value, ci95: [low, high] }: Interval): string =>
  `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
