import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dockerSpec } from '../../strategies/baselines/docker.ts';
import { OTP_INTENSITY, OTP_PERIOD_MS, OTP_SHUTDOWN_MS } from '../../strategies/baselines/erlang-otp.ts';
import { kubernetesSpec } from '../../strategies/baselines/kubernetes.ts';
import { monitSpec } from '../../strategies/baselines/monit.ts';
import { nomadSpec } from '../../strategies/baselines/nomad.ts';
import { pm2Spec } from '../../strategies/baselines/pm2.ts';
import { supervisordSpec } from '../../strategies/baselines/supervisord.ts';
import { systemdSpec } from '../../strategies/baselines/systemd.ts';

interface Entry {
  readonly liveness: object | null;
  readonly restart: object;
  readonly giveUp: object | null;
  readonly stopGraceMs: number;
}
type Published = Readonly<Record<string, Entry>>;

const file = fileURLToPath(new URL('../../../shared/data/published/supervisor-defaults.json', import.meta.url));
const present = existsSync(file);
if (!present) console.warn(`published defaults not checked: ${file} is not there`);

describe.skipIf(!present)('the published defaults', () => {
  const published: Published = present ? JSON.parse(readFileSync(file, 'utf8')).baselines : {};

  it.each([
    ['k8s-1.33', kubernetesSpec],
    ['systemd-252', systemdSpec],
    ['pm2-7', pm2Spec],
    ['supervisord-4.2', supervisordSpec],
    ['monit-5.33', monitSpec],
    ['docker-autoheal', dockerSpec],
    ['nomad-service', nomadSpec],
  ])('of %s are those encoded', (name, spec) => {
    const entry = published[name]!;
    let compared = 0;
    const compare = (theirs: object | null, ours: object | null): void => {
      if (theirs === null) expect(ours).toBeNull();
      for (const [key, value] of Object.entries(theirs ?? {})) {
        if (ours === null || !(key in ours)) continue;
        expect(ours, `${name} ${key}`).toHaveProperty(key, value);
        compared += 1;
      }
    };
    compare(entry.liveness, spec.liveness);
    compare(entry.restart, spec.restart);
    expect(spec.stopGraceMs).toBe(entry.stopGraceMs);
    expect(compared).toBeGreaterThanOrEqual(4);
  });

  it('when each gives up are those encoded', () => {
    expect(published['k8s-1.33']).toMatchObject({ giveUp: null });
    expect(kubernetesSpec.giveUp).toBeNull();
    expect(published['docker-autoheal']).toMatchObject({ giveUp: null });
    expect(dockerSpec.giveUp).toBeNull();
    expect(published['monit-5.33']).toMatchObject({ giveUp: null });
    expect(monitSpec.giveUp).toBeNull();
    const { kind: _, ...starts } = systemdSpec.giveUp as object & { kind: string };
    expect(published['systemd-252']).toMatchObject({ giveUp: starts });
    expect(pm2Spec.giveUp).toMatchObject({ exits: 16, ifUptimeBelowMs: 1_000, onlyInFirstMs: 16_000 });
    expect(published['pm2-7']).toMatchObject({
      giveUp: { restarts: 16, ifUptimeBelowMs: 1_000, onlyInFirstMs: 16_000 },
    });
    expect(supervisordSpec.giveUp).toMatchObject({ retries: 3 });
    expect(published['supervisord-4.2']).toMatchObject({ giveUp: { restarts: 3 } });
    expect(nomadSpec.giveUp).toMatchObject({ restarts: 2, inMs: 1_800_000 });
    expect(published['nomad-service']).toMatchObject({ giveUp: { restarts: 2, inMs: 1_800_000 } });
  });

  it('of Erlang/OTP are those encoded', () => {
    expect(published['otp-one-for-one']).toMatchObject({
      giveUp: { restarts: OTP_INTENSITY, inMs: OTP_PERIOD_MS },
      stopGraceMs: OTP_SHUTDOWN_MS,
    });
  });
});
