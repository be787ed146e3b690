/** Asks a running healix over its control API. */
import { request } from 'node:http';
import { HealixError } from '../../errors.ts';
import type { ControlPlace } from './open-control.ts';

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

/** A reload waits for actions under way, of which each has a bound of its own. */
const PATIENCE_MS = 600_000;
const ANSWER_MAX = 50_000_000;

/**
 * The body of the answer: what its JSON says, or the text of one that is none.
 * @throws HealixError `not-running` when nobody answers, `wrong-token`, `refused` with healix's own reason when it does not do what was asked.
 */
export async function askControl(
  place: ControlPlace,
  asked: Asked,
  patienceMs: number = PATIENCE_MS,
): Promise<unknown> {
  const { status, text } = await exchange(place, asked, patienceMs);
  const body = parse(text);
  if (status >= 200 && status < 300) return body ?? text;
  if (status === 401) {
    const who = `healix (pid ${place.pid}) on ${place.host}:${place.port}`;
    throw new HealixError('wrong-token', `${who} does not take this token. Was it replaced? Start healix again`);
  }
  const reason = (body as { readonly error?: unknown } | null)?.error;
  throw new HealixError('refused', typeof reason === 'string' ? reason : `healix answered ${status}`);
}

function exchange(
  { host, port, pid, token }: ControlPlace,
  { method, path, body }: Asked,
  patienceMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const where = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(new HealixError('not-running', `healix (pid ${pid}) does not answer on ${where}:${port}: ${reason}`));
    const headers = {
      authorization: `Bearer ${token}`,
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    };
    const sent = request({ host: where, port, method, path, headers, timeout: patienceMs }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_MAX) sent.destroy(new Error('its answer is too long'));
        chunks.push(chunk);
      });
      response.on('error', (error) => fail(error.message));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => fail(error.message));
    sent.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
