/** The dashboard and the alert rules as files: names that exist, a shape that Grafana takes, words that help. */
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricSpec } from '../../src/runtime/signs/metrics/list.ts';
import { limitOf } from '../../src/runtime/signs/metrics/refusals.ts';
import { ALERT_CHANNELS, SELF_TROUBLES } from '../../src/runtime/signs/signs.ts';
import { ACTION_FACTS, HEALTH_STATUSES } from '../../strategies/contract.ts';
import { dashboard, dashboardQueries, groupingOf, rules, selectorsOf } from './queries.ts';

const ADDED_BY_PROMETHEUS = ['instance', 'job'];
const specs = new Map<string, MetricSpec>(Object.values(METRICS).map((spec) => [spec.name, spec]));
const queries = [...dashboardQueries, ...rules.map(({ alert, expr }) => ({ where: alert, expr }))];

function specOf(metric: string): MetricSpec | undefined {
  return specs.get(metric) ?? specs.get(metric.replace(/_(bucket|sum|count)$/, ''));
}

/** Values that a label may have, where the list is fixed. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  status: HEALTH_STATUSES,
  phase: ['closed', 'open', 'half-open', 'isolated'],
  state: ['running', 'dead', 'empty'],
  trouble: SELF_TROUBLES,
  channel: ALERT_CHANNELS,
  action: Object.keys(ACTION_FACTS),
  verdict: ['approve', 'refuse', 'ask-human', 'approved', 'denied'],
  outcome: ['done', 'failed', 'unsupported', 'dropped', 'good', 'bad', 'none', 'blind'].concat([
    'ok',
    'abandoned',
    'refused',
    'fallback',
    'overloaded',
    'unroutable',
    'malformed',
  ]),
};

describe('every query', () => {
  it('was found', () => {
    expect(dashboardQueries.length).toBeGreaterThan(30);
    expect(rules.length).toBeGreaterThan(18);
  });

  it.each(queries)('reads metrics and labels that healix has: $where', ({ expr }) => {
    const selectors = selectorsOf(expr);
    expect(selectors.length).toBeGreaterThan(0);
    const labels = new Set(ADDED_BY_PROMETHEUS);
    for (const { metric, matchers } of selectors) {
      const spec = specOf(metric);
      if (!/^(up|process_)/.test(metric)) expect(spec, metric).toBeDefined();
      if (spec?.type === 'histogram') expect(metric).toMatch(/_(bucket|sum|count)$/);
      for (const label of spec?.labels ?? []) labels.add(label);
      if (metric.endsWith('_bucket')) labels.add('le');
      for (const [label, value] of matchers) {
        expect([...(spec?.labels ?? []), ...ADDED_BY_PROMETHEUS], `${metric} ${label}`).toContain(label);
        const known = VALUES[label];
        if (known !== undefined) for (const one of value.split('|')) expect(known, `${metric} ${label}`).toContain(one);
      }
    }
    for (const label of groupingOf(expr)) expect([...labels], `by ${label}`).toContain(label);
  });

  it('uses most of what healix has to tell', () => {
    const used = new Set(
      dashboardQueries.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => specOf(metric)?.name)),
    );
    const unused = [...specs.keys()].filter((name) => !used.has(name));
    // What the range shown says better.
    expect(unused).toEqual(['healix_availability_ratio', 'healix_request_success_ratio', 'healix_info']);
  });

  it('that names limits of the guard names such as there are', () => {
    const limits = [
      'restart budget of 5 in 10 minutes is spent',
      'already at most 3 replicas',
      '2 disruptive actions are under way',
    ]
      .concat(['fewer than 1 healthy replicas would stay', 'more than 1 of 3 replicas would be out of service'])
      .map(limitOf);
    const named = rules
      .flatMap(({ expr }) => selectorsOf(expr).flatMap(({ matchers }) => matchers))
      .filter(([label]) => label === 'limit')
      .flatMap(([, value]) => value.split('|'));
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(limits).toContain(name);
  });
});

describe('the dashboard', () => {
  it('has a schema that Grafana 10 and later take, and a data source that is chosen, not built in', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.schemaVersion).toBeLessThanOrEqual(41);
    expect(dashboard.uid).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['instance', 'query'],
      ['service', 'query'],
    ]);
    for (const { type, title, datasource, targets = [] } of dashboard.panels) {
      if (type === 'row') continue;
      expect(datasource?.uid, title).toBe(`\${datasource}`);
      expect(targets.length, title).toBeGreaterThan(0);
      for (const target of targets) expect(target.datasource.uid, title).toBe(`\${datasource}`);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    }
  });

  it('has panels of known kinds with ids of their own, that lie beside each other', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, type, gridPos } of panels) {
      expect(['row', 'stat', 'timeseries', 'heatmap', 'state-timeline'], title).toContain(type);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} covers another at ${x}, ${y}`).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it('says what each panel shows, and in which unit', () => {
    for (const { title, type, description, fieldConfig, options } of dashboard.panels) {
      if (type === 'row') continue;
      expect(description?.length, title).toBeGreaterThan(10);
      const unit = fieldConfig?.defaults.unit ?? options?.yAxis?.unit;
      expect(['short', 's', 'percentunit', 'reqps', 'ops', 'none'], title).toContain(unit);
    }
  });
});

describe('alert rules', () => {
  it('say how grave it is, what it means and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, for: lasting, labels, annotations } of rules) {
      expect(alert).toMatch(/^Healix[A-Z][A-Za-z]+$/);
      expect(lasting, alert).toMatch(/^\d+[mh]$/);
      expect(['critical', 'warning', 'info'], alert).toContain(labels.severity);
      for (const key of ['summary', 'description', 'runbook'] as const)
        expect(annotations[key]?.length, `${alert} ${key}`).toBeGreaterThan(20);
    }
  });
});
