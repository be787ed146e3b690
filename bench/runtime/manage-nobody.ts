/** Services are started once and left alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { DEMO_SERVICES, type DemoService, environmentOf, programOf } from '../../src/demo/fleet.ts';
import type { Manager } from './manager.ts';
import { openPlainGateway } from './plain-gateway.ts';
import { pidOf, type Site } from './site.ts';

export function nobody(site: Site): Manager {
  const gateway = openPlainGateway(site);
  const children: ChildProcess[] = [];
  const begin = (service: DemoService): void => {
    const { loader, program } = programOf();
    const env = environmentOf(service, site.ports, String(site.ports.replica[service.id]), 'current');
    const child = spawn(process.execPath, [...loader, program], {
      cwd: site.folder,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    children.push(child);
  };
  return {
    told: [],
    async start() {
      await gateway.open();
      for (const service of DEMO_SERVICES) begin(service);
    },
    async restart(service) {
      const pid = pidOf(site, service);
      const child = children.find((one) => one.pid === pid);
      if (child !== undefined) await ended(child);
      begin(DEMO_SERVICES.find(({ id }) => id === service)!);
    },
    async close() {
      await Promise.all(children.map(ended));
      await gateway.close();
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
