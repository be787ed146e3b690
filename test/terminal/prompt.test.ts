/** What the override prompt understands, and what it offers to complete. */
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asked } from '../../src/runtime/control/client.ts';
import { complete, type Names, readTyped, type Typed } from '../../src/terminal/prompt.ts';
import { runPrompt } from '../../src/terminal/run-prompt.ts';
import { service, status, waiting } from './views.ts';

const NAMES: Names = { services: ['cart', 'catalog', 'web'], waiting: [12, 14] };
const typed = (text: string): Typed => readTyped(text, NAMES);

describe('the override prompt', () => {
  it.each<[string, Typed]>([
    ['', { kind: 'nothing' }],
    ['heal web', { kind: 'order', order: 'force-heal', service: 'web' }],
    ['  pause   cart ', { kind: 'order', order: 'pause', service: 'cart' }],
    ['resume cart', { kind: 'order', order: 'resume', service: 'cart' }],
    ['isolate cart', { kind: 'order', order: 'isolate', service: 'cart' }],
    ['release cart', { kind: 'order', order: 'release', service: 'cart' }],
    ['approve 12', { kind: 'decide', isApproved: true, action: 12 }],
    ['deny 14', { kind: 'decide', isApproved: false, action: 14 }],
    ['status', { kind: 'status', service: null }],
    ['status web', { kind: 'status', service: 'web' }],
    ['help', { kind: 'help' }],
    ['?', { kind: 'help' }],
    ['quit', { kind: 'quit' }],
    ['exit', { kind: 'quit' }],
  ])('understands %j', (text, expected) => {
    expect(typed(text)).toEqual(expected);
  });

  it.each([
    ['hael web', 'there is no hael; did you mean heal?'],
    ['rm -rf /', 'there is no rm; try help'],
    ['heal', 'heal what? Name a service: cart, catalog, web'],
    ['heal wbe', 'no service is called wbe; did you mean web?'],
    ['heal web cart', 'heal takes one name, not 2'],
    ['heal web; rm x', 'heal takes one name, not 3'],
    ['status $(id)', 'no service is called $(id); known: cart, catalog, web'],
    ['approve', 'approve takes the number of an action. These wait for a yes: 12, 14'],
    ['deny -1', 'deny takes the number of an action. These wait for a yes: 12, 14'],
  ])('refuses %j and says why', (text, reason) => {
    expect(typed(text)).toEqual({ kind: 'wrong', reason });
  });

  it('takes nothing but its verbs with known names, whatever is typed', () => {
    const word = fc.oneof(fc.constantFrom('heal', 'approve', 'status', 'web', '12', '`id`', '|', 'sh'), fc.string());
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const read = typed(words.join(' '));
        if (read.kind === 'order') expect(NAMES.services).toContain(read.service);
        if (read.kind === 'decide') expect(Number.isSafeInteger(read.action)).toBe(true);
      }),
    );
  });

  it.each([
    ['', ['heal ', 'pause ', 'resume ', 'isolate ', 'release ', 'approve ', 'deny ', 'status ', 'help ', 'quit ']],
    ['re', ['resume ', 'release ']],
    ['heal ', ['cart ', 'catalog ', 'web ']],
    ['heal ca', ['cart ', 'catalog ']],
    ['status w', ['web ']],
    ['approve 1', ['12 ', '14 ']],
    ['help w', []],
    ['heal web c', []],
    ['rm c', []],
  ])('completes %j', (text, expected) => {
    expect(complete(text, NAMES)[0]).toEqual(expected);
  });
});

it('answers every line with one JSON object on one line when asked to', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end('pause web\n\nhael web\nstatus web\nstatus\n');
  const now = status([service('web')]);
  const isFine = await runPrompt({
    ask: ({ method }) => Promise.resolve(method === 'POST' ? { actions: [] } : now),
    input,
    output,
    isTerminal: false,
    isJson: true,
    statusText: () => 'for people',
    paint: (text) => `painted ${text}`,
  });
  expect(isFine).toBe(false);
  const lines = String(output.read()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { typed: 'pause web', ok: true, said: 'web is left alone until it is resumed' },
    { typed: 'hael web', ok: false, said: 'there is no hael; did you mean heal?' },
    { typed: 'status web', ok: true, status: JSON.parse(JSON.stringify(now.services[0])) },
    { typed: 'status', ok: true, status: JSON.parse(JSON.stringify(now)) },
  ]);
});

it('answers the action that waited when it was typed, and no other that may wait under its number by then', async () => {
  const posted: Asked[] = [];
  const input = new PassThrough();
  input.end('approve 7\ndeny 8\n');
  const isFine = await runPrompt({
    ask(asked) {
      if (asked.method === 'POST') posted.push(asked);
      return Promise.resolve(status([service('web')], { waitingForApproval: [waiting(7, 'web')] }));
    },
    input,
    output: new PassThrough(),
    isTerminal: false,
    statusText: () => '',
    paint: (text) => text,
  });
  expect(isFine).toBe(true);
  expect(posted.map(({ body }) => body)).toEqual([
    { action: 7, approve: true, hash: '7'.repeat(64) },
    // healix itself says that nothing waits under this one.
    { action: 8, approve: false },
  ]);
});
