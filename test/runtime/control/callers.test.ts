import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Caller, Callers, ROOM, type Room } from '../../../src/runtime/control/callers.ts';

class FakeCaller implements Caller {
  bytesRead = 1;
  isCut = false;
  destroy(): void {
    this.isCut = true;
  }
}

const SMALL: Room = { callersMax: 6, near: 4, servicesMax: 2, silentMsMax: 1000 };

function arrivals(callers: Callers<FakeCaller>, count: number, nowMs = 0): FakeCaller[] {
  return Array.from({ length: count }, () => {
    const caller = new FakeCaller();
    callers.arrive(caller, nowMs);
    return caller;
  });
}
const cut = (all: readonly FakeCaller[]): number[] => all.flatMap(({ isCut }, at) => (isCut ? [at] : []));

describe('those who are connected', () => {
  it('have room for operators, whatever services do', () => {
    expect(ROOM.servicesMax).toBeLessThan(ROOM.near);
    expect(ROOM.near).toBeLessThan(ROOM.callersMax);
  });

  it('lose their oldest stranger to a newcomer when there is no room', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const all = arrivals(callers, 8);
    expect(cut(all)).toEqual([0, 1]);
    expect(callers.count).toBe(6);
  });

  it('lose nobody who is known to a stranger', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const all = arrivals(callers, 6);
    for (const at of [0, 1]) callers.know(all[at]!, 'operator');
    callers.know(all[2]!, 'service');
    arrivals(callers, 50, 5000);
    expect(cut(all)).toEqual([3, 4, 5]);
  });

  it('turn a newcomer away when every one of them is known', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const all = arrivals(callers, 6);
    for (const one of all) callers.know(one, 'operator');
    expect(cut(arrivals(callers, 2))).toEqual([0, 1]);
    expect(cut(all)).toEqual([]);
    callers.leave(all[3]!);
    expect(cut(arrivals(callers, 1))).toEqual([]);
  });

  it('keep services to their share, which comes back when one leaves or turns out to be an operator', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const all = arrivals(callers, 6);
    for (const one of all) callers.know(one, 'service');
    callers.leave(all[0]!);
    callers.know(all[2]!, 'service');
    callers.know(all[1]!, 'operator');
    callers.know(all[3]!, 'service');
    callers.know(all[4]!, 'service');
    arrivals(callers, 10);
    expect(cut(all)).toEqual([4, 5]);
  });

  it('lose those who say nothing, as soon as there is little room, and keep those who have spoken', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const early = arrivals(callers, 3, 0);
    early[1]!.bytesRead = 0;
    const late = arrivals(callers, 1, 500);
    late[0]!.bytesRead = 0;
    arrivals(callers, 1, 999);
    expect(cut(early)).toEqual([]);
    arrivals(callers, 1, 1000);
    expect([cut(early), cut(late)]).toEqual([[1], []]);
  });

  it('are left their silence where there is room', () => {
    const callers = new Callers<FakeCaller>(SMALL);
    const silent = arrivals(callers, 3, 0);
    for (const one of silent) one.bytesRead = 0;
    arrivals(callers, 1, 60_000);
    expect(cut(silent)).toEqual([]);
  });

  it('are never more than may be, and none who is known is ever cut', () => {
    const step = fc.record({
      kind: fc.constantFrom('arrive', 'arrive', 'service', 'operator', 'leave'),
      at: fc.nat(50),
      silent: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const callers = new Callers<FakeCaller>(SMALL);
        const all: FakeCaller[] = [];
        const operators = new Set<FakeCaller>();
        steps.forEach(({ kind, at, silent }, ms) => {
          const one = all[at % Math.max(1, all.length)];
          if (kind === 'arrive') {
            const caller = new FakeCaller();
            caller.bytesRead = silent ? 0 : 1;
            callers.arrive(caller, ms * 300);
            all.push(caller);
          } else if (one !== undefined && !one.isCut) {
            if (kind === 'leave') {
              callers.leave(one);
              one.destroy();
              operators.delete(one);
            } else {
              callers.know(one, kind as 'service' | 'operator');
              if (kind === 'operator') operators.add(one);
            }
          }
          expect(callers.count).toBeLessThanOrEqual(SMALL.callersMax);
          expect(callers.count).toBe(all.filter(({ isCut }) => !isCut).length);
          for (const operator of operators) expect(operator.isCut).toBe(false);
        });
      }),
    );
  });
});
