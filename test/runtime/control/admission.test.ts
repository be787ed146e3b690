import { describe, expect, it } from 'vitest';
import { Admission, OPERATORS, REPORTS, STRANGERS } from '../../../src/runtime/control/admission.ts';
import { reportToken } from '../../../src/runtime/control/report-token.ts';

const TOKEN = 'a'.repeat(64);
const OPERATOR = `Bearer ${TOKEN}`;
const bearerOf = (service: string): string => `Bearer ${reportToken(TOKEN, service)}`;

function admit() {
  let nowMs = 0;
  const admission = new Admission(TOKEN, () => nowMs);
  return {
    admission,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('who is let in', () => {
  it.each([undefined, '', TOKEN, `Bearer ${'b'.repeat(64)}`, bearerOf('web')])(
    'orders are not taken from a bearer of %s',
    (authorization) => {
      expect(admit().admission.operator(authorization)).toBe('stranger');
    },
  );

  it.each([undefined, OPERATOR, bearerOf('shop')])('reports of web are not taken from a bearer of %s', (one) => {
    expect(admit().admission.service(one, 'web')).toBe('stranger');
    expect(admit().admission.service(bearerOf('web'), 'web')).toBe('in');
  });

  it('strangers without end cost operators and services nothing', () => {
    const { admission } = admit();
    const answers = Array.from({ length: 2000 }, (_, at) =>
      at % 2 === 0 ? admission.operator(undefined) : admission.service('Bearer none', 'web'),
    );
    expect(answers.filter((one) => one === 'stranger')).toHaveLength(STRANGERS.burst);
    expect(answers.filter((one) => one === 'stranger-often')).toHaveLength(2000 - STRANGERS.burst);
    for (let asked = 0; asked < OPERATORS.burst; asked++) expect(admission.operator(OPERATOR)).toBe('in');
    for (let sent = 0; sent < REPORTS.burst; sent++) expect(admission.service(bearerOf('web'), 'web')).toBe('in');
  });

  it('has a bound for each, which comes back with time', () => {
    const { admission, advance } = admit();
    for (let asked = 0; asked < OPERATORS.burst; asked++) admission.operator(OPERATOR);
    expect(admission.operator(OPERATOR)).toBe('often');
    advance(1000);
    for (let asked = 0; asked < OPERATORS.perS; asked++) expect(admission.operator(OPERATOR)).toBe('in');
    expect(admission.operator(OPERATOR)).toBe('often');
  });

  it('a service that reports without end keeps no other from reporting', () => {
    const { admission } = admit();
    for (let sent = 0; sent < REPORTS.burst; sent++) admission.service(bearerOf('web'), 'web');
    expect(admission.service(bearerOf('web'), 'web')).toBe('often');
    expect(admission.service(bearerOf('shop'), 'shop')).toBe('in');
    expect(admission.operator(OPERATOR)).toBe('in');
  });

  it('forgets the count of the service it has known longest when there are more than a config holds', () => {
    const { admission } = admit();
    for (let sent = 0; sent < REPORTS.burst; sent++) admission.service(bearerOf('web'), 'web');
    for (let other = 1; other < 1000; other++) admission.service(bearerOf(`s${other}`), `s${other}`);
    expect(admission.service(bearerOf('web'), 'web')).toBe('often');
    admission.service(bearerOf('one-more'), 'one-more');
    expect(admission.service(bearerOf('web'), 'web')).toBe('in');
  });
});
