/** What is put in force again at a start, and what is not. */
import { expect, test } from 'vitest';
import type { InUse } from '../../src/runtime/in-use.ts';
import { callAgain, type Unsettled } from '../../src/runtime/resume.ts';
import { standingIn } from '../../src/runtime/standing.ts';
import { heal } from '../../strategies/heal.ts';
import { DEAD, makeStrategy, Patient, three } from '../heal/signals.ts';

const strategy = makeStrategy({
  ladders: { 'error-burst': ['fallback', 'circuit-break'], unresponsive: ['escalate'] },
  pacing: { escalateAfterS: 60 },
});
const inUse: InUse = { kind: 'strategy', name: 'test', hash: 'test', strategy };

/** Replicas fail until the strategy has done so many things. */
function afterTrouble(actions: number): Patient {
  const patient = new Patient(strategy);
  patient.repeat(20);
  for (let window = 0; window < 40 && patient.log.length < actions; window++) patient.feed(three({ failed: 60 }));
  expect(patient.log).toHaveLength(actions);
  return patient;
}

const unsettled = (patient: Patient, result: Unsettled['result']): Unsettled[] =>
  patient.log.map(({ id, kind, service }) => ({ action: id, kind, service, result, isOpen: true }));

test('what the healer knows to stand', () => {
  const patient = afterTrouble(1);
  expect(standingIn(patient.memory, inUse)).toMatchObject([{ kind: 'fallback', on: true, service: 0 }]);
  expect(standingIn(patient.memory, inUse, unsettled(patient, 'done'))).toHaveLength(1);
});

test('not what was decided on and never seen to come about: nobody would take it back', () => {
  const patient = afterTrouble(1);
  expect(standingIn(patient.memory, inUse, unsettled(patient, 'failed'))).toEqual([]);
});

test('an isolation that an operator ordered, however uncertain', () => {
  const patient = new Patient(strategy);
  const [order] = heal(strategy, patient.memory, { kind: 'command', atMs: 1, service: 0, command: 'isolate' });
  const open: Unsettled = { action: order!.id, kind: order!.kind, service: 0, result: 'failed', isOpen: true };
  expect(standingIn(patient.memory, inUse, [open])).toMatchObject([{ kind: 'circuit-break', admit: 0 }]);
});

test('a person whose call was cut short is called again', () => {
  const patient = new Patient(strategy);
  const dead = [DEAD, DEAD, DEAD];
  const [call] = patient.repeat(40, dead);
  expect(call).toMatchObject({ kind: 'escalate' });
  const calls = patient.log.length;
  patient.repeat(40, dead);
  expect(patient.log).toHaveLength(calls);
  callAgain(patient.memory, [{ action: call!.id, kind: 'escalate', service: 0, result: 'failed', isOpen: true }]);
  patient.repeat(40, dead);
  expect(patient.log).toHaveLength(calls + 1);
});
