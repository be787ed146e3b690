/** A config taken anew while agents are at an incident: they go on where nothing of theirs has changed, and start anew where it has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConstitution } from '../../../src/constitution.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { startRuntime } from '../../../src/runtime/start.ts';
import { patiently as until } from '../../tools/patiently.ts';
import { ask } from '../harness.ts';
import { wereSeenWell } from './seen-well.ts';
import { makeTeamFleet, type TeamFleet, teamInUse } from './team-fleet.ts';

let fleet: TeamFleet;
let runtime: Runtime | null = null;

beforeEach(async () => {
  fleet = await makeTeamFleet();
});

afterEach(async () => {
  await runtime?.close({ leaveRunning: false });
  runtime = null;
  fleet.remove();
});

interface Settings {
  guard: { protected?: string[]; inFlight?: number };
  services: { stateful?: boolean }[];
}

function change(how: (settings: Settings) => void): void {
  const settings = JSON.parse(readFileSync(fleet.config, 'utf8')) as Settings;
  how(settings);
  writeFileSync(fleet.config, JSON.stringify(settings));
}

it('keeps the incident, who is held back and the epoch; another list of services, state or hosts starts anew', async () => {
  const events: RuntimeEvent[] = [];
  // Nothing heals it, so that the incident stays.
  change(({ guard }) => {
    guard.protected = ['db', 'web'];
  });
  runtime = await startRuntime({
    config: loadConfig(fleet.config),
    inUse: teamInUse,
    level: 'full',
    readConstitution: (path) => loadConstitution(path ?? undefined),
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  const agents = () => runtime!.fleetStatus().coordination.agents!;
  await until('both are healthy', () => runtime!.fleetStatus().healthy === 2);
  await until('both have answered their probes', () => wereSeenWell(events, 2, 3));
  await ask(fleet.db, '/break');
  await until('the victim is held back', () => agents().held.length > 0);
  const before = agents();
  change(({ guard }) => {
    guard.inFlight = 2;
  });
  expect(await runtime.reload(loadConfig(fleet.config), 'a test')).toMatchObject({ kind: 'done' });
  const kept = agents();
  expect(kept).toMatchObject({ epoch: before.epoch, incident: { incident: before.incident!.incident } });
  expect(kept.held.map(({ service }) => service)).toEqual(before.held.map(({ service }) => service));
  expect(kept.messages).toBeGreaterThanOrEqual(before.messages);
  // They are not only remembered, but at work.
  const messages = kept.messages;
  await until('letters are sent on', () => agents().messages > messages);
  change(({ services }) => {
    services[0]!.stateful = true;
  });
  expect(await runtime.reload(loadConfig(fleet.config), 'a test')).toMatchObject({ kind: 'done' });
  expect(agents().epoch).toBe(before.epoch + 1);
  expect(events.filter((event) => event.kind === 'agents' && event.record.kind === 'lost')).toEqual([]);
}, 400_000);
