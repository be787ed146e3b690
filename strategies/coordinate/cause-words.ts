/** Why a cause is suspected, in words for the person who reads the history. */
import { unreachable } from '../contract.ts';
import type { Picture } from './cause-picture.ts';
import type { Trouble } from './cause-trouble.ts';
import type { CauseOf } from './messages.ts';

/** Services named one by one; of more, only the number is told. */
const NAMED_MAX = 4;
const WORTH_TELLING = 0.05;

export function reasonsFor(picture: Picture, cause: CauseOf, victims: readonly number[]): readonly string[] {
  const reasons = reasonsOf(picture, cause);
  return victims.length === 0 ? reasons : [...reasons, `explains the trouble of ${names(picture, victims)}`];
}

function reasonsOf(picture: Picture, cause: CauseOf): string[] {
  const trouble = (service: number): Trouble | undefined => picture.troubles[picture.place[service]!];
  switch (cause.kind) {
    case 'service': {
      const own = trouble(cause.service);
      return own === undefined
        ? ['none of its callers gets through to it, though it reports nothing amiss']
        : [...own.symptoms.map(({ what }) => what), ...measured(own), ...earliness(picture, own)];
    }
    case 'host': {
      const { suffering, services } = picture.suspectHosts.get(cause.host)!;
      const where = `replicas of ${names(picture, suffering)} on it suffer while their siblings elsewhere do not`;
      return [where, `${suffering.length} of the ${services.length} services that it carries`];
    }
    case 'load': {
      const ratio = trouble(cause.service)!.evidence.throughputRatio;
      return [`users make ${ratio.toFixed(1)} times the usual calls`];
    }
    case 'connection': {
      const edge = picture.roster.services[cause.caller]!.dependsOn.indexOf(cause.callee);
      const failed = percent(trouble(cause.caller)!.evidence.dependencyFailed[edge]!);
      const callee = names(picture, [cause.callee]);
      const isSilent = trouble(cause.callee) === undefined;
      return [
        `${failed} of its calls to ${callee} fail, while ${callee} ${isSilent ? 'reports nothing amiss' : 'serves others'}`,
      ];
    }
    default:
      return unreachable(cause);
  }
}

function measured({ evidence: { errorRate, latencyRatio, throughputRatio }, surplus }: Trouble): string[] {
  const found: string[] = [];
  if (errorRate >= WORTH_TELLING) found.push(`${percent(errorRate)} of calls to it fail`);
  if (latencyRatio >= 1 + WORTH_TELLING) found.push(`${latencyRatio.toFixed(1)} times its normal latency`);
  if (surplus > 0) found.push(`${throughputRatio.toFixed(1)} times the usual calls`);
  return found;
}

function earliness({ firstMs, troubles }: Picture, { startMs, service }: Trouble): string[] {
  if (startMs === null || startMs !== firstMs) return [];
  const others = troubles.flatMap((other) => (other.service === service ? [] : (other.startMs ?? [])));
  if (others.length === 0) return [];
  const aheadS = Math.round((Math.min(...others) - startMs) / 1000);
  return aheadS > 0 ? [`was ill first, ${aheadS} s before any other`] : [];
}

function names({ roster }: Picture, services: readonly number[]): string {
  const ids = services.map((service) => roster.services[service]!.id);
  return ids.length > NAMED_MAX ? `${ids.length} services` : ids.join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
