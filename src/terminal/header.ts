/** The head of the screen: how the fleet is, and what of healix itself one must know. Pure. */
import { duration } from '../cli/output.ts';
import type { Link, View } from './feed.ts';
import { clipLine, type Line, line, type Signs, type Span, span, spread } from './spans.ts';
import { age, clockTime, inline, percent, statusTone } from './words.ts';

export interface HeadOptions {
  readonly width: number;
  readonly nowMs: number;
  readonly signs: Signs;
}

/** Two lines, and one more for each thing that is wrong with healix or its agents. */
export function headLines(view: View, link: Link, options: HeadOptions): readonly Line[] {
  const { width, signs } = options;
  const lines = [fleetLine(view, link, options), healerLine(view, options), ...troubleLines(view, link, options)];
  return lines.map((one) => clipLine(one, width, signs));
}

function fleetLine({ status, figures }: View, link: Link, { width, nowMs, signs }: HeadOptions): Line {
  const { name, status: worst, healthy, services, coordination } = status;
  const incident = coordination.agents?.incident == null ? 0 : 1;
  const share = figures.requests === 0 ? null : figures.requestsOk / figures.requests;
  const parts: Span[] = [
    span(inline(name), 'bold'),
    span('  '),
    span(`${signs.dot} ${worst}`, statusTone(worst)),
    span(`  ${healthy} of ${services.length} healthy`, healthy === services.length ? 'plain' : 'warn'),
    span(`  ${incident === 0 ? 'no incident' : '1 incident open'}`, incident === 0 ? 'plain' : 'bad'),
    span(`  available ${percent(figures.availability, 2)}`),
    ...(share === null ? [] : [span(`  requests ok ${percent(share, 2)}`)]),
  ];
  const clock =
    link.kind === 'live'
      ? line(span(`${clockTime(nowMs)} UTC`, 'dim'))
      : line(span(`${signs.dot} not connected`, 'bad'));
  return spread(line(...parts), clock, width);
}

function healerLine({ status }: View, { width, nowMs }: HeadOptions): Line {
  const { healedBy, startedAtMs, dryRun, actionsUnderWay, waitingForApproval, coordination, services } = status;
  const paused = services.filter((service) => service.paused).length;
  const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
  const parts: Span[] = [
    span(`level ${coordination.level}`),
    ...(dryRun ? [span('  dry run: acts on nothing', 'warn')] : []),
    span(`  ${counted(actionsUnderWay, 'action', 'actions')} under way`, actionsUnderWay > 0 ? 'accent' : 'plain'),
    ...(waitingForApproval.length > 0
      ? [span(`  ${counted(waitingForApproval.length, 'waits', 'wait')} for a yes`, 'warn')]
      : []),
    span(`  ${paused === 0 ? 'none' : paused} paused`, paused > 0 ? 'warn' : 'plain'),
    span(`  healed by ${inline(healedBy)}`),
  ];
  return spread(line(...parts), line(span(`up ${duration((nowMs - startedAtMs) / 1000)}`, 'dim')), width);
}

function troubleLines({ status, figures }: View, link: Link, { nowMs, signs }: HeadOptions): Line[] {
  const { journalHealthy, coordination } = status;
  const lines: Line[] = [];
  const told = (text: string, tone: 'bad' | 'warn'): void => {
    lines.push(line(span(`${signs.dot} ${inline(text)}`, tone)));
  };
  if (link.kind === 'lost') {
    const since = age(nowMs - link.sinceMs);
    told(`no connection for ${since}, what is shown is from before; trying again: ${link.reason}`, 'bad');
  }
  if (!journalHealthy) told('the journal cannot be written: nothing risky is begun', 'bad');
  const others = figures.troubles.filter((trouble) => trouble !== 'journal' && trouble !== 'agents');
  if (others.length > 0) told(`healix itself is in trouble: ${others.join(', ')}`, 'bad');
  const agents = coordination.agents;
  if (agents?.lost != null) {
    told(
      `the agents are lost for ${age(nowMs - agents.lost.sinceMs)}, every service heals alone: ${agents.lost.reason}`,
      'bad',
    );
  }
  if (agents?.incident != null) {
    const { incident, sinceMs, service, why, causes } = agents.incident;
    const likely = causes.map(({ cause, score }) => `${cause} ${score.toFixed(2)}`).join(', ') || 'none known';
    told(`incident ${incident} for ${age(nowMs - sinceMs)}: likely causes ${likely}; ${service} asked: ${why}`, 'warn');
  }
  return lines;
}
