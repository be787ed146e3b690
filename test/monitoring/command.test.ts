import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeNewFiles } from '../../src/new-files.ts';
import { healix } from '../cli/fakes.ts';

const NAMES = ['alerts.yaml', 'grafana-dashboard.json', 'prometheus.yaml'];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-monitoring-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('healix monitoring', () => {
  it('writes all three files, for the healix of a config', async () => {
    const config = join(folder, 'healix.yaml');
    const control = { host: '::1', port: 7999 };
    writeFileSync(config, JSON.stringify({ name: 'x', services: [{ id: 'a', command: ['true'] }], control }));
    const out = join(folder, 'new', 'monitoring');
    const { code, out: said } = await healix(['monitoring', out, '--config', config]);
    expect(code).toBe(0);
    for (const name of NAMES) expect(said).toContain(join(out, name));
    expect(readdirSync(out).sort()).toEqual(NAMES);
    const [job] = (parse(readFileSync(join(out, 'prometheus.yaml'), 'utf8')) as { scrape_configs: object[] })
      .scrape_configs;
    expect(job).toMatchObject({
      job_name: 'healix',
      authorization: { credentials_file: join(folder, '.healix', 'control.token') },
      static_configs: [{ targets: ['[::1]:7999'] }],
    });
  });

  it('overwrites nothing, and writes nothing then, unless forced', async () => {
    writeFileSync(join(folder, 'alerts.yaml'), 'mine');
    const refused = await healix(['monitoring', folder]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(join(folder, 'alerts.yaml'));
    expect(refused.err).toContain('--force');
    expect(readdirSync(folder)).toEqual(['alerts.yaml']);
    const forced = await healix(['monitoring', folder, '--force', '--json']);
    expect(forced.code).toBe(0);
    expect(JSON.parse(forced.out)).toMatchObject({ target: '127.0.0.1:7410', written: { length: 3 } });
    expect(readFileSync(join(folder, 'alerts.yaml'), 'utf8')).toContain('HealixDown');
  });

  it('says so when the folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, err } = await healix(['monitoring', join(folder, 'file', 'below')]);
    expect(code).toBe(2);
    expect(err).toContain('Cannot write into');
  });
});

describe('files written together', () => {
  it('are all there or none is, and leave nothing half-written behind', () => {
    const files = [
      { name: 'a', text: 'a' },
      { name: 'b/c', text: 'b' },
    ];
    expect(() => writeNewFiles(folder, files, { force: false })).toThrow('Cannot write into');
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, 'a'));
    expect(() => writeNewFiles(folder, [files[0]!], { force: true })).toThrow('(a folder)');
    expect(existsSync(join(folder, 'a'))).toBe(true);
  });
});
