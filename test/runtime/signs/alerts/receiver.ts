/** A receiver of webhooks on loopback, and the messages it got. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { AlertMessage } from '../../../../src/runtime/signs/alerts/message.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly message: AlertMessage;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** `answer` gets each request once its body is there, and how many came before it. */
export async function receiver(answer: (response: ServerResponse, before: number) => void): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString() || 'null') as AlertMessage;
      received.push({ path: `${request.method} ${request.url}`, headers: request.headers, message });
      answer(response, received.length - 1);
    });
    request.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, port, received };
}

export const ok = (response: ServerResponse): void => void response.end('ok');
