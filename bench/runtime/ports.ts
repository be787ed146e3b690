/** Ports of a fleet, below those that the system gives out by itself. */
import { DEMO_SERVICES, type DemoPorts } from '../../src/demo/fleet.ts';

export const FIRST_PORT = 21_000;
/** Fleets that run at once are so far apart. */
export const PORTS_APART = 100;
const GATEWAYS_FROM = 20;
const CONTROL = 40;

export function portsFrom(first: number): DemoPorts {
  const from = (offset: number): Record<string, number> =>
    Object.fromEntries(DEMO_SERVICES.map(({ id }, index) => [id, first + offset + index]));
  return { replica: from(0), gateway: from(GATEWAYS_FROM), control: first + CONTROL };
}
