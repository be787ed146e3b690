/** Coordinated trials: healers at a level, networks that are bad in every way, and what passed in a trial as one digest. */
import { createHash } from 'node:crypto';
import { type NetworkSettings, USUAL_NETWORK } from '../../sim/agents.ts';
import type { TrialResult } from '../../sim/score.ts';
import type { TrialOptions } from '../../sim/trial.ts';
import { sreRunbook, untunedRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import type { Healer } from '../../strategies/contract.ts';
import { type CoordinatedMemory, coordinatedHealer, type TeamHealer } from '../../strategies/coordinate/coordinated.ts';
import type { Envelope } from '../../strategies/coordinate/messages.ts';
import { decode } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { CONSTITUTION } from '../coordinate/overseer-harness.ts';

export const alone = strategyHealer('alone', sreRunbook) as Healer;
export const together = (level: 'advanced' | 'full' = 'full'): TeamHealer<CoordinatedMemory> =>
  coordinatedHealer('together', sreRunbook, level, CONSTITUTION);
/** With the numbers before they are tuned, so that tuning moves no golden digest. */
export const untuned = coordinatedHealer('untuned', decode(untunedRunbookGenome), 'full', CONSTITUTION);

export const BAD_NETWORKS: readonly (readonly [string, NetworkSettings])[] = [
  ['that loses a fifth', { ...USUAL_NETWORK, loss: 0.2 }],
  ['that doubles a fifth', { ...USUAL_NETWORK, doubled: 0.2 }],
  ['that takes seconds', { ...USUAL_NETWORK, delayMs: { median: 3000, sigma: 1 } }],
  ['whose coordinator crashes every two minutes', { ...USUAL_NETWORK, crashesPerHour: 30 }],
  [
    'that does all of it',
    { delayMs: { median: 1500, sigma: 1.2 }, loss: 0.2, doubled: 0.2, crashesPerHour: 30, backAfterS: 20 },
  ],
  ['that loses all', { ...USUAL_NETWORK, loss: 1 }],
];

/** The healer, every letter of which is noted as it is sent. */
export function noting(healer: TeamHealer<CoordinatedMemory>, letters: Envelope[]): TeamHealer<CoordinatedMemory> {
  return {
    ...healer,
    join: (memory, network) =>
      healer.join(memory, {
        ...network,
        delaysMs: (envelope) => {
          letters.push(envelope);
          return network.delaysMs(envelope);
        },
      }),
  };
}

/** The healer, whose memory goes through JSON after every input. */
export function throughJson(healer: TeamHealer<CoordinatedMemory>): Healer {
  interface Box {
    memory: CoordinatedMemory;
    network: Parameters<typeof healer.join>[1] | null;
  }
  const boxed: Omit<TeamHealer<Box>, 'alone' | 'together'> = {
    ...{ name: healer.name, windowMs: healer.windowMs },
    start: (roster) => ({ memory: healer.start(roster), network: null }),
    join: (box, network) => {
      box.network = network;
    },
    messages: ({ memory }) => healer.messages(memory),
    wakeAtMs: ({ memory }) => healer.wakeAtMs(memory),
    heal: (box, input) => {
      box.memory = JSON.parse(JSON.stringify(box.memory));
      healer.join(box.memory, box.network!);
      return healer.heal(box.memory, input);
    },
  };
  return boxed as unknown as Healer;
}

/** Result and all that was told and done, in short. */
export function traced(run: (onInput: NonNullable<TrialOptions['onInput']>) => TrialResult): string {
  const hash = createHash('sha256');
  const result = run((input, actions) => hash.update(JSON.stringify([input, actions])));
  return hash.update(JSON.stringify(result)).digest('hex').slice(0, 16);
}
