/** What a config says of hosts, state and auto-scalers reaches the agents, and changes what they may do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig, rosterOf } from '../../../src/runtime/config.ts';
import { namedCauses } from '../../../src/runtime/coordination/records.ts';
import { rosterDigest } from '../../../src/runtime/resume.ts';
import type { Task } from '../../../strategies/coordinate/messages.ts';
import { factsOf } from '../../../strategies/coordinate/net-facts.ts';
import { askReview, oversee, startOverseer } from '../../../strategies/coordinate/overseer.ts';
import type { PlacedRoster } from '../../../strategies/coordinate/placement.ts';
import { traitsOf } from '../../../strategies/coordinate/traits.ts';
import { bidOn, freshNet } from '../../coordinate/core-harness.ts';
import { constitution } from './cascade.ts';

const folder = mkdtempSync(`${tmpdir()}/healix-roster-`);
afterAll(() => rmSync(folder, { recursive: true }));

const REPLICAS = { min: 3, start: 3, max: 4 };
function parsed(db: object, web: object = {}) {
  const services = [
    { id: 'db', command: ['db'], replicas: REPLICAS, ...db },
    { id: 'web', command: ['web'], replicas: REPLICAS, dependsOn: [{ service: 'db' }], ...web },
  ];
  return parseConfig(JSON.stringify({ name: 'shop', services }), folder);
}
function rosterWith(db: object, web: object = {}): PlacedRoster {
  const read = parsed(db, web);
  if (read.kind === 'bad') throw new Error(JSON.stringify(read.problems));
  return rosterOf(read.config);
}
const problems = (db: object): string[] => {
  const read = parsed(db);
  return read.kind === 'bad' ? read.problems.map(({ message }) => message) : [];
};

const task = (remedy: Task['remedy'], replica = -1): Task => ({
  ...{ id: 1_000_001, incident: 1, service: 0, remedy, replica, holdS: 60, reason: 'test' },
});

/** The overseer's word on it, by a roster; `aside`: replicas that are held out already. */
function verdictOn(roster: PlacedRoster, about: Task, aside: readonly { service: number; replica: number }[] = []) {
  const target = about.replica < 0 ? 'service' : 'failing';
  const bid = bidOn(about, { blastRadius: 0, state: { present: 3, ready: 2, served: 0.5, target } });
  const net = { ...freshNet(), aside: aside.map((one) => ({ ...one, untilMs: 1e9 })) };
  const facts = factsOf(roster, net, about, bid, 0.9, 1000);
  const overseer = startOverseer(constitution, roster, traitsOf(roster));
  const [, posts] = oversee(overseer, { from: 'coordinator', body: askReview(about, bid, facts) }, 1000);
  const { body } = posts[0]!;
  return body.kind === 'verdict' ? `${body.verdict} ${body.article}` : body.kind;
}

describe('a service of which the config says', () => {
  it('nothing more is judged as one without state, scaler and host', () => {
    const plain = rosterWith({});
    expect(plain).not.toHaveProperty('hosts');
    expect(verdictOn(plain, task('rollback'))).toBe('approve least-harm');
    expect(verdictOn(plain, task('scale-up'))).toBe('approve least-harm');
  });

  it('that it is stateful is rolled back with a human’s yes only, and gives no copy up', () => {
    const roster = rosterWith({ stateful: true });
    expect(roster.stateful).toEqual(['db']);
    expect(verdictOn(roster, task('rollback'))).toBe('ask-human guard-user-data');
    expect(verdictOn(roster, task('restart-hard', 0))).toBe('ask-human guard-user-data');
    expect(verdictOn(roster, task('scale-down'))).toBe('refuse keep-user-data');
    expect(verdictOn(rosterWith({}, { stateful: true }), task('rollback'))).toBe('approve least-harm');
  });

  it('that it is auto-scaled is not grown by agents', () => {
    expect(verdictOn(rosterWith({ autoscaled: true }), task('scale-up'))).toBe('refuse leave-the-scaler');
  });

  it('where it runs spares the host', () => {
    const aside = [1, 2].map((replica) => ({ service: 1, replica }));
    const serving = { ...task('reroute', 0) };
    const onServing = (roster: PlacedRoster) => {
      const bid = bidOn(serving, { blastRadius: 0 });
      const facts = factsOf(
        roster,
        { ...freshNet(), aside: aside.map((one) => ({ ...one, untilMs: 1e9 })) },
        serving,
        bid,
        0.9,
        0,
      );
      return facts.heldOut.host;
    };
    expect(onServing(rosterWith({}))).toBeNull();
    const together = { hosts: ['rack1', 'rack2', 'rack2', 'rack2'] };
    const web = { hosts: ['rack2', 'rack1', 'rack1', 'rack1'] };
    const placed = rosterWith(together, web);
    expect(placed).toMatchObject({
      hostNames: ['rack1', 'rack2'],
      hosts: [
        [0, 1, 1, 1],
        [1, 0, 0, 0],
      ],
    });
    expect(onServing(placed)).toEqual({ out: 2, all: 3 });
    expect(rosterWith({ host: 'rack9' }).hosts).toEqual([[0, 0, 0, 0], []]);
    const [cause] = namedCauses([{ cause: { kind: 'host', host: 1 }, score: 1, victims: [], reasons: [] }], placed);
    expect(cause!.cause).toBe('host rack2');
  });

  it('is another fleet to the memory when this changes, and the same when only the guard does', () => {
    const plain = rosterDigest(rosterWith({}));
    const others = [{ stateful: true }, { autoscaled: true }, { host: 'a' }, { hosts: ['a', 'b', 'a', 'b'] }];
    const digests = others.map((other) => rosterDigest(rosterWith(other)));
    expect(new Set([plain, ...digests]).size).toBe(5);
    expect(rosterDigest({ ...rosterWith({}), guard: { ...rosterWith({}).guard, inFlight: 9 } })).toBe(plain);
  });

  it('hosts wrongly is refused, and told why', () => {
    expect(problems({ hosts: ['a', 'b'] })).toEqual(['2 hosts for 4 replica slots (replicas.max); name one for each']);
    expect(problems({ host: 'a', hosts: ['a', 'b', 'c', 'd'] })[0]).toContain('not both');
    expect(problems({ host: '../x' })).toHaveLength(1);
    expect(problems({ stateful: 'yes' })).toHaveLength(1);
  });
});
