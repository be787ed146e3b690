/** What ships for Prometheus and Grafana, made ready for one healix: where it listens, and where its token lies. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewFile } from '../new-files.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

export const DASHBOARD = 'grafana-dashboard.json';
export const ALERT_RULES = 'alerts.yaml';
export const PROMETHEUS = 'prometheus.yaml';

export interface Scraped {
  /** `host:port` of the control API. */
  readonly target: string;
  /** The file that holds the bearer token; Prometheus reads it, the config never does. */
  readonly tokenFile: string;
}

/** Dashboard, alert rules and a Prometheus config that scrapes this healix and loads the rules. */
export function monitoringFiles(scraped: Scraped): NewFile[] {
  return [DASHBOARD, ALERT_RULES, PROMETHEUS].map((name) => ({
    name,
    text: name === PROMETHEUS ? filledIn(shippedText(name), scraped) : shippedText(name),
  }));
}

export function shippedText(name: string): string {
  return readFileSync(join(PACKAGE_ROOT, 'src', 'monitoring', name), 'utf8');
}

/** JSON strings are YAML, whatever is in them. */
function filledIn(template: string, { target, tokenFile }: Scraped): string {
  return template
    .replace('__TOKEN_FILE__', () => JSON.stringify(tokenFile))
    .replace("'__TARGET__'", () => JSON.stringify(target));
}
