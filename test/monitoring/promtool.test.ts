/** Prometheus' own promtool on what ships: the rules are rules, each fires when it should and keeps quiet when it should. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { monitoringFiles, PROMETHEUS } from '../../src/monitoring/monitoring.ts';
import { writeNewFiles } from '../../src/new-files.ts';
import { debianTool } from '../tools/debian.ts';
import { ALERT_CASES } from './alert-cases.ts';
import { rules } from './queries.ts';

const promtool = debianTool('promtool', 'prometheus');
const folder = mkdtempSync(join(tmpdir(), 'healix-promtool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: string[]): { code: number; said: string } {
  try {
    return {
      code: 0,
      said: execFileSync(promtool!, words, { cwd: folder, encoding: 'utf8', stdio: 'pipe', timeout: 240_000 }),
    };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, said: `${stdout}${stderr}` };
  }
}

function testFile(name: string, cases: typeof ALERT_CASES): string {
  const tests = cases.map(({ alert, series, at, fires }) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
    promql_expr_test: [
      {
        expr: `count by (alertname) (ALERTS{alertstate="firing",alertname="${alert}"})`,
        eval_time: at,
        exp_samples: fires ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
      },
    ],
  }));
  writeFileSync(join(folder, name), stringify({ rule_files: ['alerts.yaml'], evaluation_interval: '1m', tests }));
  return name;
}

describe.skipIf(promtool === null)('promtool', () => {
  writeFileSync(join(folder, 'token'), 'x'.repeat(64));
  writeNewFiles(folder, monitoringFiles({ target: '127.0.0.1:7410', tokenFile: join(folder, 'token') }), {
    force: true,
  });

  it('takes the rules and the config as they are written out', () => {
    const checked = run('check', 'config', PROMETHEUS);
    expect(checked.said).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(checked.code).toBe(0);
  });

  it('is given a case for each alert that fires it, and one that does not', () => {
    for (const { alert } of rules)
      for (const fires of [true, false])
        expect(
          ALERT_CASES.some((one) => one.alert === alert && one.fires === fires),
          `${alert} ${fires}`,
        ).toBe(true);
  });

  it('sees each alert fire when it should, and only then', () => {
    const tested = run('test', 'rules', testFile('cases.yaml', ALERT_CASES));
    expect(tested.said).not.toContain('FAILED');
    expect(tested.code).toBe(0);
  }, 240_000);

  it('would see an alert that does not fire, and one that does so wrongly', () => {
    for (const one of [ALERT_CASES[0]!, ALERT_CASES[1]!])
      expect(run('test', 'rules', testFile('wrong.yaml', [{ ...one, fires: !one.fires }])).code).toBe(1);
  });

  it('fills in the words that people read', () => {
    const annotations = rules.find(({ alert }) => alert === 'HealixServiceFailed')!.annotations;
    const fill = (text: string): string =>
      text.replaceAll('{{ $labels.service }}', 'cart').replaceAll('{{ $labels.instance }}', 'h');
    const told = {
      exp_labels: { severity: 'critical', instance: 'h', service: 'cart' },
      exp_annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key, fill(text)])),
    };
    const test = {
      interval: '1m',
      input_series: [{ series: 'healix_health_status{instance="h",service="cart",status="failed"}', values: '1x20' }],
      alert_rule_test: [{ eval_time: '6m', alertname: 'HealixServiceFailed', exp_alerts: [told] }],
    };
    writeFileSync(
      join(folder, 'words.yaml'),
      stringify({ rule_files: ['alerts.yaml'], evaluation_interval: '1m', tests: [test] }),
    );
    const tested = run('test', 'rules', 'words.yaml');
    expect(tested.said).not.toContain('FAILED');
    expect(tested.code).toBe(0);
  });
});
