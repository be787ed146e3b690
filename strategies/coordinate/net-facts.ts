/** What the coordinator tells the overseer beside a task: who is held out, and what has failed. */
import { WHOLE_SERVICE } from '../contract.ts';
import type { Bid, HeldOut, Task, ToldFacts } from './messages.ts';
import type { PlacedRoster } from './placement.ts';

interface OfTask {
  readonly task: Task;
}

/** What is under way and what was. */
interface Standing {
  readonly aside: readonly { readonly service: number; readonly replica: number; readonly untilMs: number }[];
  readonly reviewing: readonly OfTask[];
  readonly awarded: readonly OfTask[];
  readonly failed: ToldFacts['failed'];
}

/** What the coordinator tells of a task beside it: `net` as it is before this one. */
export function factsOf(
  roster: PlacedRoster,
  net: Standing,
  task: Task,
  { state }: Bid,
  benefit: number,
  nowMs: number,
): ToldFacts {
  const hostOf = (service: number, replica: number): number => roster.hosts?.[service]?.[replica] ?? -1;
  const pending = [...net.reviewing, ...net.awarded].map(({ task: other }) => other);
  const out = [...net.aside.filter(({ untilMs }) => untilMs > nowMs), ...pending].filter(
    ({ service, replica }) => replica !== WHOLE_SERVICE && !(service === task.service && replica === task.replica),
  );
  const { fleet, onHost } = replicasOf(roster);
  const host = hostOf(task.service, task.replica);
  const share = (isOut: (one: { service: number; replica: number }) => boolean, all: number): HeldOut => {
    const count = out.filter(isOut).length;
    return { out: count, all: Math.max(1, all, count) };
  };
  return {
    ...state,
    proposer: `healer/${task.service}`,
    heldOut: {
      service: share((one) => one.service === task.service, state.present),
      host: host < 0 ? null : share((one) => hostOf(one.service, one.replica) === host, onHost.get(host) ?? 0),
      fleet: share(() => true, fleet),
    },
    benefit,
    alternatives: [],
    failed: net.failed,
    underHold: false,
  };
}

/** How many replicas the fleet starts with, in all and by host. Rosters do not change, so each is counted once. */
function replicasOf(roster: PlacedRoster): Replicas {
  const known = counted.get(roster);
  if (known !== undefined) return known;
  const onHost = new Map<number, number>();
  let fleet = 0;
  roster.services.forEach(({ replicasStart }, service) => {
    fleet += replicasStart;
    for (const host of (roster.hosts?.[service] ?? []).slice(0, replicasStart))
      onHost.set(host, (onHost.get(host) ?? 0) + 1);
  });
  counted.set(roster, { fleet, onHost });
  return { fleet, onHost };
}

interface Replicas {
  readonly fleet: number;
  readonly onHost: ReadonlyMap<number, number>;
}

const counted = new WeakMap<PlacedRoster, Replicas>();
