/** The PromQL in what ships for Prometheus and Grafana, and the names in it. */
import { parse } from 'yaml';
import { ALERT_RULES, DASHBOARD, shippedText } from '../../src/monitoring/monitoring.ts';

export interface Target {
  readonly expr: string;
  readonly refId: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly (Target & { readonly datasource: { readonly uid: string } })[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly options?: { readonly yAxis?: { readonly unit: string } };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook', string>>;
}

export const dashboard = JSON.parse(shippedText(DASHBOARD)) as Dashboard;
export const rules = (
  parse(shippedText(ALERT_RULES)) as { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] }
).groups.flatMap((group) => group.rules);

/** Every query of the dashboard, with where it stands. */
export const dashboardQueries: readonly { readonly where: string; readonly expr: string }[] = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId }) => ({ where: `${title} ${refId}`, expr })),
  ),
  ...dashboard.annotations.list.flatMap(({ name, expr }) =>
    expr === undefined ? [] : [{ where: `annotation ${name}`, expr }],
  ),
];

/** Metrics that a query reads, each with its matchers. */
export function selectorsOf(
  expr: string,
): { readonly metric: string; readonly matchers: readonly [label: string, value: string][] }[] {
  const found = expr.matchAll(/\b(healix_[a-z_]+|process_[a-z_]+|up)\b(?:\{([^}]*)\})?/g);
  return [...found].map(([, metric, inside = '']) => ({
    metric: metric!,
    matchers: [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label, value]) => [label!, value!]),
  }));
}

/** Labels that results are grouped by. */
export function groupingOf(expr: string): string[] {
  return [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list]) => list!.split(',').map((label) => label.trim()));
}

/** A query as Grafana would send it. */
export function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '20s')
    .replaceAll('$__interval', '20s')
    .replaceAll('$__range', '5m')
    .replaceAll(/\$(instance|service)/g, '.*');
}
