/** Divides each service's trouble among those that may be to blame: itself, its host, callees, callers, connections, users. */
import { type Explained, type Link, linksDown, linksUp } from './cause-links.ts';
import { hostOf, type Picture } from './cause-picture.ts';
import type { Trouble } from './cause-trouble.ts';
import type { CauseOf } from './messages.ts';

/** What nothing explains speaks against the service itself: so much, and a little in any case. */
const RESIDUAL = 0.5;
const ANYWAY = 0.01;
/** Overload never clears a service wholly. */
const OVERLOAD_CLEARS = 0.95;
/** Too many users at an entry, against a wholly telling symptom. */
const LOAD_AT_ENTRY = 1.5;
/** A service whose replicas all suffer, one of them on a suspect host. */
const HOST_OF_ALL = 0.5;
/** Who was ill first is more likely the cause: the advantage fades with the delay. When the begin is not known, this is assumed. */
const FIRST = { least: 0.6, fadeMs: 15_000, unknownMs: 10_000 } as const;

/** For each trouble, whom to blame, in shares that add up to 1. */
export function blameOf(picture: Picture): readonly (readonly Link[])[] {
  return picture.troubles.map((trouble) => {
    const down = linksDown(picture, trouble);
    const up = linksUp(picture, trouble);
    const links = [...down.links, ...up.links, ...ends(picture, trouble, unexplained(trouble, down, up))];
    const sum = links.reduce((total, { weight }) => total + weight, 0);
    return links.map(({ to, weight }) => ({ to, weight: weight / sum }));
  });
}

/** Where the blame stays: the service, hosts of its replicas, users. `share`: of the trouble, what neither callees nor callers explain. */
function ends(picture: Picture, trouble: Trouble, share: number): readonly Link[] {
  const links: Link[] = [];
  const blame = (cause: CauseOf, weight: number): void => {
    if (weight > 0) links.push({ to: { kind: 'cause', cause }, weight });
  };
  const { service } = trouble;
  const loads = picture.loads[service]!;
  let residual = RESIDUAL * share;
  for (const { entry, strength } of loads) {
    blame({ kind: 'load', service: entry }, strength * residual + (entry === service ? LOAD_AT_ENTRY * strength : 0));
    residual *= 1 - strength;
  }
  let ofReplicas = 0;
  let own = ANYWAY + residual;
  for (const { weight, isOfReplicas } of trouble.symptoms) {
    if (isOfReplicas) ofReplicas += weight;
    else own += weight;
  }
  let ofHosts = 0;
  for (const [host, { strength }] of picture.suspectHosts) {
    const there = trouble.ailing.filter((slot) => hostOf(picture.roster, service, slot) === host).length;
    if (there > 0) {
      const weight = ofReplicas * strength * (there / trouble.ailing.length);
      blame({ kind: 'host', host }, weight);
      ofHosts += weight;
    } else if (suffersOn(picture, trouble, host)) blame({ kind: 'host', host }, HOST_OF_ALL * strength);
  }
  own += Math.max(0, ofReplicas - ofHosts);
  blame({ kind: 'service', service }, own * advantage(picture, trouble));
  return links;
}

function unexplained(trouble: Trouble, down: Explained, up: Explained): number {
  return (
    trouble.errorsPart * (1 - down.errors) * (1 - OVERLOAD_CLEARS * up.errors) +
    (1 - trouble.errorsPart) * (1 - down.slowness) * (1 - OVERLOAD_CLEARS * up.slowness)
  );
}

function suffersOn({ roster }: Picture, { service, evidence }: Trouble, host: number): boolean {
  return [...evidence.down, ...evidence.erring].some((slot) => hostOf(roster, service, slot) === host);
}

function advantage({ firstMs }: Picture, { startMs }: Trouble): number {
  const lateMs = startMs === null || firstMs === null ? FIRST.unknownMs : startMs - firstMs;
  return FIRST.least + (1 - FIRST.least) * Math.exp(-lateMs / FIRST.fadeMs);
}
