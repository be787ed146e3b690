/**
 * The gateway that pm2's and nobody's fleet stands behind: healix's own, with the same settings and one fixed replica per service, steered
 * by nobody. So calls cost and time out the same for every contender, and only healing differs.
 */
import { DEMO_SERVICES, PATIENCE_MS } from '../../src/demo/fleet.ts';
import { Gateway } from '../../src/runtime/gateway/gateway.ts';
import type { Site } from './site.ts';

export interface PlainGateway {
  open(): Promise<void>;
  close(): Promise<void>;
}

export function openPlainGateway({ ports }: Site): PlainGateway {
  const gateway = new Gateway({ random: Math.random });
  return {
    async open() {
      for (const { id } of DEMO_SERVICES) {
        await gateway.open({ service: id, port: ports.gateway[id]!, timeoutMs: PATIENCE_MS });
        gateway.setReplicas(id, [ports.replica[id]!]);
      }
    },
    close: () => gateway.close({ graceMs: 1000 }),
  };
}
