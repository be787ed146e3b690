/** As `killed.test.ts`, many more times: KILLS (200) and SEED from the environment. */
import { afterEach, expect, it } from 'vitest';
import { type KillFleet, makeKillFleet } from '../runtime/kill-fleet.ts';
import { costOf, sufferKills } from '../runtime/kills.ts';

const { KILLS = '200', SEED = 'long' } = process.env;
/** More than any kill takes, on a slow machine. */
const KILL_MS = 15_000;
let fleet: KillFleet | null = null;

afterEach(() => fleet?.remove());

it(
  `the runtime, killed ${KILLS} times, harms no service, acts once for each intent and forgets nothing`,
  async () => {
    fleet = await makeKillFleet();
    const killed = await sufferKills({ fleet, kills: Number(KILLS), seed: SEED });
    console.log(costOf(killed));
    expect(killed.kills).toBe(Number(KILLS));
  },
  Number(KILLS) * KILL_MS,
);
