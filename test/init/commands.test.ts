/** The command lines that healix init writes, run for real: by a `docker` and a `kubectl` of the test, which keep what runs in files. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { freePort } from '../tools/free-port.ts';
import { patiently } from '../tools/patiently.ts';
import { FIXTURES, serviceOf, writtenFrom } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bin = join(folder, 'bin');
mkdirSync(bin);
function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$*" >> ${folder}/${name}.log\n${script}`);
  chmodSync(join(bin, name), 0o755);
}
// docker compose --file F VERB ... SERVICE: a service runs while its file is there.
program(
  'docker',
  `shift 3; verb=$1; for last; do :; done
case $verb in
  ps) test -e ${folder}/up-$last && echo id; true ;;
  restart) touch ${folder}/up-$last ;;
  logs) exec sleep 600 ;;
esac
`,
);
// Two replicas are wanted, and as many are ready.
program(
  'kubectl',
  `case "$*" in *spec.replicas*) cat ${folder}/replicas ;; *readyReplicas*) cat ${folder}/ready ;; esac\n`,
);
const { PATH } = process.env as { readonly PATH?: string };
const env = { ...process.env, PATH: `${bin}:${PATH}` };
const run = (command: readonly string[]): number => {
  try {
    execFileSync(command[0]!, command.slice(1), { env, stdio: 'ignore' });
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
};
const log = (name: string): string =>
  existsSync(join(folder, `${name}.log`)) ? readFileSync(join(folder, `${name}.log`), 'utf8') : '';

describe('kubectl', () => {
  it('is asked whether pods are ready, and scales up to the maximum and no further', async () => {
    const { config } = await writtenFrom(join(FIXTURES, 'cluster'), join(folder, 'cluster'));
    const backend = serviceOf(config, 'backend');
    const ready = serviceOf(config, 'cache').probes.find(({ level }) => level === 'liveness')!.look;
    if (ready.kind !== 'exec') throw new Error('not a command');
    for (const [count, code] of [
      ['2', 0],
      ['0', 1],
      ['', 1],
    ] as const) {
      writeFileSync(join(folder, 'ready'), count);
      expect(run(ready.command), `${count} ready`).toBe(code);
    }
    const more = backend.actions.get('scale-up')!.command;
    writeFileSync(join(folder, 'replicas'), '3');
    expect(run(more)).toBe(0);
    expect(log('kubectl')).toContain('--namespace prod scale deployment/backend --current-replicas=3 --replicas=4');
    writeFileSync(join(folder, 'replicas'), '4');
    expect(run(more)).not.toBe(0);
    expect(log('kubectl')).not.toContain('--replicas=5');
    expect(run(backend.actions.get('restart')!.command)).toBe(0);
    expect(log('kubectl')).toContain(
      '--namespace prod rollout restart deployment/backend\n--namespace prod rollout status deployment/backend',
    );
  });
});

describe('healix run on what was written', () => {
  it('heals a container that has stopped, by docker compose', async () => {
    const services = { web: { image: 'a', depends_on: ['cart'] }, cart: { image: 'a' } };
    writeFileSync(join(folder, 'compose.yaml'), JSON.stringify({ name: 'shop', services }));
    const out = join(folder, 'healix');
    const { configText } = await writtenFrom(join(folder, 'compose.yaml'), out);
    const port = await freePort();
    // As a user does who has seen enough; and sooner than every ten seconds.
    const live = configText.replace('dryRun: true', 'dryRun: false').replace('port: 7410', `port: ${port}`);
    writeFileSync(
      join(out, 'healix.yaml'),
      live.replaceAll('intervalMs: 10000, timeoutMs: 5000', 'intervalMs: 1000, timeoutMs: 900'),
    );
    for (const id of ['web', 'cart']) writeFileSync(join(folder, `up-${id}`), '');
    const words = [
      '--import',
      import.meta.resolve('tsx'),
      join(PACKAGE_ROOT, 'src/cli/main.ts'),
      'run',
      '--config',
      'healix.yaml',
    ];
    const healix = spawn(process.execPath, words, { cwd: out, env });
    let said = '';
    for (const stream of [healix.stdout, healix.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    try {
      await patiently('healix is ready', () => said.includes('ready'));
      await patiently('it looks', () => log('docker').includes('ps --status running --quiet cart'));
      rmSync(join(folder, 'up-cart'));
      await patiently('cart is restarted', () => existsSync(join(folder, 'up-cart')));
      await patiently('healix says so', () => /cart.*restart.*done/.test(said));
    } finally {
      const ended = new Promise((resolve) => healix.once('exit', resolve));
      healix.kill('SIGTERM');
      await ended;
    }
    expect(log('docker')).toContain('compose --file ../compose.yaml restart cart');
    expect(log('docker')).not.toContain('restart web');
  }, 400_000);
});
