/** `healix fleet`: check a fleet file, list the shipped ones, show one. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { utilisationWithout } from '../../../sim/closed-forms.ts';
import { normalLoad } from '../../../sim/normal-load.ts';
import { type LoadedFleet, loadFleet, shippedFleets } from '../../fleets.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { withCommonOptions } from '../options.ts';
import { type Column, table } from '../output.ts';

/** From here on a service drowns when one of three replicas is missing. */
const BUSY = 0.67;

interface ServiceSummary {
  readonly service: string;
  readonly tier: string;
  readonly replicas: number;
  readonly workers: number;
  readonly callsPerS: number;
  readonly utilisation: number;
}

type Flags = { readonly json?: true };

export function addFleet(program: Command, context: Context): void {
  const fleet = program
    .command('fleet')
    .summary('check, list or show fleet files')
    .description('Check, list or show fleets.');

  const check = fleet
    .command('check')
    .description('Checks a fleet and names every problem at once, with line and path. Exits 2 when it is bad.')
    .argument('<file|name>', 'fleet file or shipped fleet')
    .action((name: string, { json }: Flags) => {
      const loaded = loadFleet(name);
      const services = summarise(loaded);
      const warnings = [...loaded.warnings, ...loadWarnings(services)];
      if (json) printJson(context, { ok: true, fleet: loaded.fleet.name, services, warnings });
      else context.io.stdout.write(report(loaded, services, warnings, context));
    });
  withExamples(check, ['healix fleet check my-fleet.yaml', 'healix fleet check teastore --json']);

  const list = fleet
    .command('list')
    .description('Lists the fleets that ship.')
    .action(({ json }: Flags) => {
      const fleets = shippedFleets().map((name) => {
        const { services } = loadFleet(name).fleet;
        return {
          name,
          services: services.length,
          replicas: services.reduce((sum, { replicas }) => sum + replicas.start, 0),
        };
      });
      if (json) printJson(context, { fleets });
      else context.io.stdout.write(table(LIST_COLUMNS, fleets));
    });
  withExamples(list, ['healix fleet list']);

  const show = fleet
    .command('show')
    .description('Prints a fleet: as it is written, or with --json as it is understood, all defaults filled in.')
    .argument('<file|name>', 'fleet file or shipped fleet')
    .action((name: string, { json }: Flags) => {
      const loaded = loadFleet(name);
      if (json) printJson(context, loaded.fleet);
      else context.io.stdout.write(loaded.text);
    });
  withExamples(show, ['healix fleet show online-boutique > my-fleet.yaml', 'healix fleet show my-fleet.yaml --json']);

  const from = fleet
    .command('from')
    .description('Derives a fleet file from the config of healix run, so that what is simulated is what is run.')
    .argument('<config>', 'healix.yaml')
    .action(async (file: string, { json }: Flags) => {
      const { fleetOf, loadConfig } = await import('../../runtime/config.ts');
      const derived = fleetOf(loadConfig(file));
      if (json) printJson(context, derived);
      else context.io.stdout.write(stringify(derived));
    });
  withExamples(from, ['healix fleet from healix.yaml > fleet.yaml']);

  withExamples(fleet, ['healix fleet list', 'healix fleet check my-fleet.yaml']);
  for (const command of [check, list, show, from])
    withCommonOptions(command, 'accepted everywhere; nothing here is random');
}

function summarise({ fleet }: LoadedFleet): ServiceSummary[] {
  return normalLoad(fleet).map(({ service, callsPerS, utilisation }, index) => {
    const { tier, replicas, workers } = fleet.services[index]!;
    return { service, tier, replicas: replicas.start, workers, callsPerS, utilisation };
  });
}

function loadWarnings(services: readonly ServiceSummary[]): string[] {
  return services
    .filter(({ utilisation }) => utilisation >= BUSY)
    .map(({ service, utilisation }) => {
      const verdict = utilisation >= 1 ? 'more than it can serve' : 'little to spare when a replica is missing';
      return `${service} is ${percent(utilisation)} busy at normal load: ${verdict}`;
    });
}

function report(
  { fleet, source }: LoadedFleet,
  services: readonly ServiceSummary[],
  warnings: readonly string[],
  { paint }: Context,
): string {
  const replicas = services.reduce((sum, service) => sum + service.replicas, 0);
  const lines = warnings.map((warning) => `${paint('warning:', 'yellow')} ${warning}\n`).join('');
  return (
    `${paint('OK', 'green')} ${source}: fleet ${fleet.name}, ${services.length} services, ${replicas} replicas\n` +
    `${table(SERVICE_COLUMNS, services)}${lines}`
  );
}

const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;

const SERVICE_COLUMNS: readonly Column<ServiceSummary>[] = [
  { title: 'service', align: 'left', cell: ({ service }) => service },
  { title: 'tier', align: 'left', cell: ({ tier }) => tier },
  { title: 'replicas', align: 'right', cell: ({ replicas }) => String(replicas) },
  { title: 'workers', align: 'right', cell: ({ workers }) => String(workers) },
  { title: 'calls/s', align: 'right', cell: ({ callsPerS }) => callsPerS.toFixed(1) },
  { title: 'utilisation', align: 'right', cell: ({ utilisation }) => percent(utilisation) },
  {
    title: 'one replica down',
    align: 'right',
    cell: ({ utilisation, replicas }) => (replicas > 1 ? percent(utilisationWithout(utilisation, replicas, 1)) : '-'),
  },
];

const LIST_COLUMNS: readonly Column<{ name: string; services: number; replicas: number }>[] = [
  { title: 'fleet', align: 'left', cell: ({ name }) => name },
  { title: 'services', align: 'right', cell: ({ services }) => String(services) },
  { title: 'replicas', align: 'right', cell: ({ replicas }) => String(replicas) },
];
