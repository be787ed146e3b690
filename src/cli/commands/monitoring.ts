/** `healix monitoring`: writes out what Prometheus and Grafana need to watch a healix. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { monitoringFiles, type Scraped } from '../../monitoring/monitoring.ts';
import { writeNewFiles } from '../../new-files.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { Problems, withCommonOptions } from '../options.ts';
import { printable } from '../output.ts';
import { checkOwnFiles, type NamedFile } from '../own-files.ts';

interface Raw {
  readonly config?: string;
  readonly force?: true;
  readonly json?: true;
}

const USUAL_CONFIG = 'healix.yaml';

export function addMonitoring(program: Command, context: Context): void {
  const command = program
    .command('monitoring')
    .summary('write a Grafana dashboard, alert rules and a Prometheus config')
    .description(
      'Writes grafana-dashboard.json, alerts.yaml and prometheus.yaml into a folder, ready for the healix of a config: where it ' +
        'listens and where its token lies. The token itself stays in its file.',
    )
    .argument('<folder>', 'where to; made if it is not there')
    .option('--config <file>', `the config of healix run (default: ${USUAL_CONFIG} here, if there is one)`)
    .option('--force', 'overwrite files that are there')
    .action(async (folder: string, raw: Raw) => {
      const config = raw.config ?? (existsSync(USUAL_CONFIG) ? USUAL_CONFIG : undefined);
      const scraped = await scrapedOf(config);
      const files = monitoringFiles(scraped);
      const paths = files.map(({ name }): NamedFile => ['<folder>:', join(folder, name)]);
      const problems = new Problems();
      checkOwnFiles(problems, paths, [['--config', config]]);
      problems.refuse();
      const written = writeNewFiles(folder, files, { force: raw.force === true });
      if (raw.json === true) return printJson(context, { written, ...scraped });
      context.io.stdout.write(
        [
          ...written.map((path) => `${context.paint('wrote', 'green')} ${printable(path)}`),
          `Prometheus scrapes ${scraped.target} with the token in ${printable(scraped.tokenFile)}, which its user must be able to read.`,
          `Check: promtool check config ${printable(written[2]!)}. In Grafana: Dashboards > New > Import ${printable(written[0]!)}.`,
          '',
        ].join('\n'),
      );
    });
  withCommonOptions(command, 'accepted everywhere; nothing here is random');
  withExamples(command, [
    'healix monitoring monitoring',
    'healix monitoring /etc/prometheus/healix --config healix.yaml',
  ]);
}

/** Without a config: what a config that says nothing about control means, below this folder. */
async function scrapedOf(file: string | undefined): Promise<Scraped> {
  const { CONTROL_PORT, STATE_DIR } = await import('../../runtime/config/bounds.ts');
  const tokenIn = (folder: string): string => resolve(folder, 'control.token');
  if (file === undefined) return { target: `127.0.0.1:${CONTROL_PORT}`, tokenFile: tokenIn(STATE_DIR) };
  const { loadConfig } = await import('../../runtime/config.ts');
  const { control, stateDir } = loadConfig(file);
  const host = control.host.includes(':') ? `[${control.host}]` : control.host;
  return { target: `${host}:${control.port}`, tokenFile: control.tokenFile ?? tokenIn(stateDir) };
}
