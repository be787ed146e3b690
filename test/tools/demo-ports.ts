/** Free ports for a demo fleet that a test will start. */
import { DEMO_SERVICES, type DemoPorts } from '../../src/demo/fleet.ts';
import { freePort } from './free-port.ts';

export async function freeDemoPorts(): Promise<DemoPorts> {
  const replica: Record<string, number> = {};
  const gateway: Record<string, number> = {};
  for (const { id } of DEMO_SERVICES) {
    replica[id] = await freePort();
    gateway[id] = await freePort();
  }
  return { replica, gateway, control: await freePort() };
}
