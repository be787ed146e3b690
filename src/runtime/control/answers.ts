/** Bodies of the control API: what is read of a request, and how it is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';

export const BODY_MAX = 10_000;
/** What is still on its way is not waited for. */
export const CLOSE = { connection: 'close' };

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}

export function answerTooMany(response: ServerResponse): void {
  answer(response, 429, { error: 'too many requests' }, { 'retry-after': '1' });
}

/** Null when it was refused, which the caller has been told. */
export async function parsedBody<T>(
  request: IncomingMessage,
  response: ServerResponse,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const body = await readBody(request);
  if (body === null) {
    answer(response, 413, { error: `a request may be ${BODY_MAX} bytes long` }, CLOSE);
    return null;
  }
  const parsed = schema.safeParse(body.value);
  if (parsed.success) return parsed.data;
  answer(response, 400, { error: z.prettifyError(parsed.error) });
  return null;
}

/** Null when it is too long. What is no JSON is undefined, which no schema takes. */
export async function readBody(request: IncomingMessage): Promise<{ value: unknown } | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Left open when it is too long, so that its sender gets to see the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > BODY_MAX) return null;
    chunks.push(chunk as Buffer);
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { value: undefined };
  }
}
