/** `npm run bench -- picture`: makes the README's picture anew, from real runs of the simulator. A minute or two on two cores. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { type Cast, cast, FLEET, medianHour } from './picture/choose.ts';
import { drawPicture } from './picture/draw.ts';
import { scenarioOf, simulateHour } from './picture/hour.ts';

export const PICTURE = join(PACKAGE_ROOT, 'bench', 'picture.svg');

export async function picture(print: (line: string) => void): Promise<void> {
  const players = cast();
  print(`simulating ${2 * players.scenarios.length} hours to find the median one ...`);
  const scenario = await medianHour(players, Math.min(4, availableParallelism()));
  writeFileSync(PICTURE, pictureOf(players, scenario));
  print(`bench/picture.svg shows scenario ${scenario}`);
}

/** The picture of one hour; the same bytes for the same code. */
export function pictureOf({ fleet, contenders, scenarios }: Cast, scenario: string): string {
  const [champion, rival, nothing] = contenders.map((contender) => simulateHour(fleet, contender, scenario));
  const faults = scenarioOf(fleet, scenario).incidents.map(({ kind, service, onsetS }) => ({
    atS: onsetS,
    words: `${kind.replaceAll('-', ' ')}: ${fleet.services[service]!.id.replace(/service$/, '')}`,
  }));
  const names = ['healix', `${rival!.name}, the best rival`, 'nobody'] as const;
  const hours = [champion!, rival!, nothing!] as const;
  const lost = names.map((name, at) => `${name} ${Math.round(hours[at]!.lostUserMinutes).toLocaleString('en-US')}`);
  const when = faults.map(({ atS, words }) => `${words} at minute ${Math.round(atS / 60)}`);
  return drawPicture({
    title: `Users served while ${FLEET} breaks, by who heals it`,
    hours,
    names,
    faults,
    caption: [
      `One simulated hour, scenario ${scenario} (tier: fluid), chosen by a rule: the median of the ${scenarios.length} test scenarios, which the`,
      `search never touched, by how much less healix loses than ${rival!.name}. Made by: npm run bench -- picture`,
    ],
    words: `Share of users served over one simulated hour with ${faults.length} faults: ${when.join(', ')}. User-minutes lost: ${lost.join(', ')}.`,
  });
}
