/** Letters that are confirmed and sent again: over networks that lose them, and when a later one says otherwise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forgetSender,
  isNews,
  type Mail,
  mailWakesAtMs,
  send,
  sendAgain,
  startMail,
  takeLetter,
} from '../../strategies/coordinate/mail.ts';
import type { Envelope, Message } from '../../strategies/coordinate/messages.ts';
import type { Network } from '../../strategies/coordinate/network.ts';

const release = (service: number): Message => ({ kind: 'release', service });
const giveUp = (service: number): Message => ({ kind: 'give-up', service, reason: '' });
const hold = (service: number): Message => ({ kind: 'hold', service, untilMs: 1e6, small: false, reason: '' });

/** A network that confirms, and what was sent over it. */
function lossy(rule: (letter: Envelope) => readonly number[]): Network & { readonly sent: Envelope[] } {
  const sent: Envelope[] = [];
  const delaysMs = (letter: Envelope) => {
    sent.push(letter);
    return rule(letter);
  };
  return { confirms: true, sent, delaysMs, lives: () => 0 };
}

/** Lets the time pass until nothing is due any more; what was read, in order. */
function passTime(mail: Mail, network: Network, endMs = Number.POSITIVE_INFINITY): Message[] {
  const read: Message[] = [];
  for (let wakes = 0; mailWakesAtMs(mail) < endMs; wakes++) {
    expect(wakes, 'woken without end').toBeLessThan(10_000);
    const nowMs = mailWakesAtMs(mail);
    const letter = takeLetter(mail, nowMs);
    if (letter === undefined) sendAgain(mail, network, nowMs);
    else if (isNews(mail, network, letter, nowMs)) read.push(letter.body);
  }
  return read;
}

const LOSS = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });

describe('a letter over a network that loses some', () => {
  it('is sent once and confirmed once where nothing is lost', () => {
    const mail = startMail();
    const network = lossy(() => [20]);
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: giveUp(0) }], 0);
    expect(passTime(mail, network)).toEqual([giveUp(0)]);
    expect(network.sent.map(({ body }) => body.kind)).toEqual(['give-up', 'received']);
  });

  it('is opened once at most, and exactly once if one copy comes through, whatever is lost, doubled and delayed', () => {
    fc.assert(
      fc.property(LOSS, fc.array(fc.nat({ max: 700 }), { minLength: 1 }), (losses, delays) => {
        const mail = startMail();
        const network = lossy(({ id }) =>
          losses[id % losses.length] === true ? [] : [delays[id % delays.length]!, delays[(id * 7) % delays.length]!],
        );
        const bodies = [0, 1, 2, 3].map(giveUp);
        send(
          mail,
          network,
          'coordinator',
          bodies.map((body) => ({ to: 'healer/0', body }) as const),
          0,
        );
        const read = passTime(mail, network);
        const cameThrough = network.sent.filter(
          ({ id, body }) => body.kind === 'give-up' && losses[id % losses.length] !== true,
        );
        expect(new Set(read)).toEqual(new Set(cameThrough.map(({ body }) => body)));
        expect(read).toHaveLength(new Set(read).size);
        expect(mail.unconfirmed).toEqual([]);
        expect(mail.mail).toEqual([]);
      }),
    );
  });

  it('is given up after five copies, ever longer apart', () => {
    const mail = startMail();
    const network = lossy(() => []);
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: giveUp(0) }], 0);
    expect(passTime(mail, network)).toEqual([]);
    expect(network.sent.map(({ sentAtMs }) => sentAtMs)).toEqual([0, 150, 450, 1050, 2250]);
    expect(network.sent.map(({ copyOf }) => copyOf)).toEqual([undefined, 1, 1, 1, 1]);
  });

  it('loses one in three thousand where a fifth is lost, not one in five', () => {
    const mail = startMail();
    // A fixed pattern that takes a fifth, spread by a multiplier without short cycles.
    const network = lossy(({ id }) => (Math.imul(id, 0x9e3779b1) >>> 0 < 0.2 * 2 ** 32 ? [] : [20]));
    const posts = Array.from({ length: 3000 }, (_, at) => ({ to: `healer/${at}`, body: giveUp(at) }) as const);
    send(mail, network, 'coordinator', posts, 0);
    expect(passTime(mail, network).length).toBeGreaterThan(2985);
  });

  it('is not sent again once a later one says otherwise: a release is not undone by the hold before it', () => {
    const mail = startMail();
    const network = lossy(({ id }) => (id === 1 ? [] : [20]));
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: hold(0) }], 0);
    send(mail, network, 'coordinator', [{ to: 'healer/1', body: hold(1) }], 50);
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: release(0) }], 100);
    expect(passTime(mail, network)).toEqual([hold(1), release(0)]);
    expect(network.sent.filter(({ copyOf }) => copyOf !== undefined)).toEqual([]);
  });

  it('is not sent again by who has crashed', () => {
    const mail = startMail();
    const network = lossy(() => []);
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: giveUp(0) }], 0);
    send(mail, network, 'diagnoser', [{ to: 'coordinator', body: giveUp(0) }], 0);
    forgetSender(mail, 'coordinator');
    passTime(mail, network);
    expect(network.sent.filter(({ copyOf }) => copyOf !== undefined).every(({ from }) => from === 'diagnoser')).toBe(
      true,
    );
  });

  it('is remembered as opened for no longer than its copies may be under way', () => {
    const mail = startMail();
    const network = lossy(() => [20]);
    for (let at = 0; at < 100; at++) {
      send(mail, network, 'coordinator', [{ to: 'healer/0', body: giveUp(0) }], at * 10_000);
      passTime(mail, network, at * 10_000 + 5000);
    }
    expect(mail.opened.length).toBeLessThan(6);
  });
});

describe('a letter over a network that loses none', () => {
  it('is neither confirmed nor kept', () => {
    const mail = startMail();
    const network: Network = { delaysMs: () => [0], lives: () => 0 };
    send(mail, network, 'coordinator', [{ to: 'healer/0', body: giveUp(0) }], 0);
    expect(mail.unconfirmed).toEqual([]);
    expect(passTime(mail, network)).toEqual([giveUp(0)]);
    expect(mail).toEqual({ ...startMail(), nextLetterId: 2 });
  });
});
