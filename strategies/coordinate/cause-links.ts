/** Who explains whom: a caller's trouble by its callees', a callee's overload by its callers' retries. */
import type { Picture } from './cause-picture.ts';
import type { Trouble } from './cause-trouble.ts';
import type { CauseOf } from './messages.ts';

/** Somebody to blame for a service's trouble: another trouble, by its place, or a cause. */
export type Blamed =
  | { readonly kind: 'trouble'; readonly at: number }
  | { readonly kind: 'cause'; readonly cause: CauseOf };

export interface Link {
  readonly to: Blamed;
  readonly weight: number;
}

/** Failed share of the calls to a dependency that is noise; and from which a well callee makes the connection suspect. */
const FAILED_NOISE = 0.02;
const FAILED_CONNECTION = 0.2;
/** A request makes several calls, and one that fails is enough: so many are assumed, as rosters do not tell. */
const CALLS_PER_REQUEST = 4;
/** A callee is wholly unwell that errs by this share of what its caller sees fail, is so slow, or has so many replicas down. */
const CALLEE_ERRORS_WHOLLY = 0.5;
const CALLEE_SLOWNESS_WHOLLY = 0.5;
const CALLEE_DOWN_WHOLLY = 0.5;
/** Slowness of a caller below which any slowness of a callee would explain it. */
const SLOWNESS_MIN = 0.1;
/** A callee that began so much later explains less; a caller that did overloads less. */
const CALLEE_LATER_MS = 10_000;
const CALLEE_LATER_COUNTS = 0.5;
const CALLER_LATER_MS = 4_000;
const CALLER_LATER_COUNTS = 0.3;
/** A callee that is ill by itself and was first may have set off what now feeds itself, though calls to it succeed again. */
const CALLEE_FIRST = 0.1;
/** Share of a caller without more calls than usual, against one with, in the overload of their callee. */
const CALLER_ANYWAY = 0.05;

export interface Explained {
  readonly links: readonly Link[];
  /** Share of the service's failures, and of its slowness, that they explain at most. */
  readonly errors: number;
  readonly slowness: number;
}

/** To the callees, and to the connections to callees that are well. */
export function linksDown(picture: Picture, trouble: Trouble): Explained {
  const links: Link[] = [];
  let errorsMost = 0;
  let slownessMost = 0;
  const { dependsOn } = picture.roster.services[trouble.service]!;
  dependsOn.forEach((service, edge) => {
    const at = picture.place[service]!;
    const callee = at < 0 ? null : picture.troubles[at]!;
    const failed = trouble.evidence.dependencyFailed[edge] ?? -1;
    const errors = errorsExplained(trouble, callee, failed);
    const slowness = slownessExplained(trouble, callee, failed);
    const wellShare = failed >= FAILED_CONNECTION ? 1 - illness(callee, failed) : 0;
    const explained = trouble.errorsPart * errors + (1 - trouble.errorsPart) * slowness;
    const ofCallee = explained * (1 - wellShare);
    const weight = callee === null ? ofCallee : timed(picture, trouble, callee, ofCallee);
    if (callee !== null && weight > 0) links.push({ to: { kind: 'trouble', at }, weight });
    const ofConnection = explained * wellShare;
    if (ofConnection > 0) links.push({ to: connection(picture, trouble.service, service), weight: ofConnection });
    errorsMost = Math.max(errorsMost, errors);
    slownessMost = Math.max(slownessMost, slowness);
  });
  return { links, errors: errorsMost, slowness: slownessMost };
}

/** To the callers whose calls are too many. */
export function linksUp(picture: Picture, trouble: Trouble): Explained {
  const callers = picture.callers[trouble.service]!.flatMap((caller) => {
    const at = picture.place[caller]!;
    return at < 0 ? [] : [at];
  });
  const overload = trouble.errorsPart * trouble.overload.errors + (1 - trouble.errorsPart) * trouble.overload.slowness;
  const sum = callers.reduce((total, at) => total + share(picture, at), 0);
  if (overload === 0 || sum === 0) return { links: [], errors: 0, slowness: 0 };
  let believed = 0;
  const links = callers.map((at) => {
    const isLater = isAfter(picture.troubles[at]!.startMs, trouble.startMs, CALLER_LATER_MS);
    const part = ((isLater ? CALLER_LATER_COUNTS : 1) * share(picture, at)) / sum;
    believed += part;
    return { to: { kind: 'trouble', at } as const, weight: overload * part };
  });
  return { links, errors: believed * trouble.overload.errors, slowness: believed * trouble.overload.slowness };
}

function share(picture: Picture, at: number): number {
  return CALLER_ANYWAY + picture.troubles[at]!.surplus;
}

/** Share of the failures that calls to this dependency explain. Unmeasured, the callee's own failures stand for them. */
function errorsExplained(trouble: Trouble, callee: Trouble | null, failed: number): number {
  if (failed >= 0) return failed > FAILED_NOISE ? 1 - (1 - failed) ** CALLS_PER_REQUEST : 0;
  return callee === null || trouble.errors === 0 ? 0 : Math.min(1, callee.errors / trouble.errors);
}

/** Share of the slowness: a slow callee makes its callers wait, and so do failing calls that are tried again. */
function slownessExplained(trouble: Trouble, callee: Trouble | null, failed: number): number {
  const ofSlow = callee === null ? 0 : Math.min(1, callee.slowness / Math.max(trouble.slowness, SLOWNESS_MIN));
  return Math.max(ofSlow, failed > FAILED_NOISE ? 1 - (1 - failed) ** CALLS_PER_REQUEST : 0);
}

/** How unwell the callee is by its own evidence, as a share of what its caller sees of it. */
function illness(callee: Trouble | null, failed: number): number {
  if (callee === null) return 0;
  const { evidence, slowness } = callee;
  return Math.min(
    1,
    Math.max(
      Math.max(0, evidence.errorRate) / (CALLEE_ERRORS_WHOLLY * failed),
      slowness / CALLEE_SLOWNESS_WHOLLY,
      evidence.down.length / (CALLEE_DOWN_WHOLLY * Math.max(1, evidence.present)),
    ),
  );
}

/** The connection; or the callee after all, when none of its several callers gets through. */
function connection({ roster, callers, reports }: Picture, caller: number, callee: number): Blamed {
  const others = callers[callee]!;
  const isCutOff = (service: number): boolean => {
    const edge = roster.services[service]!.dependsOn.indexOf(callee);
    return (reports[service]?.dependencyFailed[edge] ?? -1) >= FAILED_CONNECTION;
  };
  const isCallee = others.length > 1 && others.every(isCutOff);
  return {
    kind: 'cause',
    cause: isCallee ? { kind: 'service', service: callee } : { kind: 'connection', caller, callee },
  };
}

function timed(picture: Picture, trouble: Trouble, callee: Trouble, weight: number): number {
  const isLater = isAfter(callee.startMs, trouble.startMs, CALLEE_LATER_MS);
  const isFirst =
    callee.symptoms.length > 0 && (callee.startMs ?? picture.firstMs ?? 0) <= (trouble.startMs ?? picture.firstMs ?? 0);
  return Math.max(isLater ? weight * CALLEE_LATER_COUNTS : weight, isFirst ? CALLEE_FIRST : 0);
}

function isAfter(laterMs: number | null, earlierMs: number | null, byMs: number): boolean {
  return laterMs !== null && earlierMs !== null && laterMs > earlierMs + byMs;
}
