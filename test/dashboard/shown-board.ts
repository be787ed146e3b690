/** A board behind a real control address, without a runtime: for fleets larger than a machine can run. */
import { Board } from '../../src/dashboard/board.ts';
import { pageFiles } from '../../src/dashboard/files.ts';
import { createStream } from '../../src/dashboard/stream.ts';
import { pageUrl } from '../../src/dashboard/url.ts';
import { type Controlled, startControl } from '../../src/runtime/control/control.ts';
import type { MadeUp } from './source.ts';

export interface ShownBoard {
  readonly board: Board;
  readonly url: string;
  close(): Promise<void>;
}

const TOKEN = 'c'.repeat(64);

export async function showBoard(source: MadeUp): Promise<ShownBoard> {
  const board = new Board(source);
  const stream = createStream(board);
  const control = await startControl(() => ({}) as Controlled, {
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, isTokenExplicit: false },
    shown: { file: pageFiles(), stream: (response, after) => stream.add(response, after) },
  });
  return {
    board,
    url: pageUrl('127.0.0.1', control.port, TOKEN),
    async close() {
      stream.close();
      await control.close();
    },
  };
}
