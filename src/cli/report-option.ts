/** `--report`: refused before the run where it cannot be written or drawn; made and written after it. */
import type { Command } from 'commander';
import type { ReportRequest } from '../report/evidence.ts';
import { writeReport } from '../report/write-report.ts';
import type { Context } from './context.ts';
import { type Problems, writable } from './options.ts';
import { startProgress } from './progress.ts';

export function withReport(command: Command): Command {
  return command.option('--report <file.html>', 'also write the run as one page with charts, which opens from disk');
}

/** That it is no file which the command uses otherwise is for `checkOwnFiles` to see. */
export function checkReportFile(problems: Problems, file: string | undefined): void {
  if (file !== undefined) writable(problems, '--report', file);
}

export interface ReportOrder {
  readonly file: string;
  /** Then nothing is said of it on standard output. */
  readonly isJson: boolean;
  readonly request: ReportRequest;
  readonly signal?: AbortSignal;
}

/** Makes the page and writes it; an abort leaves nothing behind. */
export async function makeReport(context: Context, { file, isJson, request, signal }: ReportOrder): Promise<void> {
  const progress = startProgress(context.io);
  try {
    const page = await context.runners.report(request, {
      onProgress: (done, total) =>
        progress.update(total === 0 ? 1 : done / total, `making the report  ${done} of ${total} trials`),
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    writeReport(file, page);
  } finally {
    progress.close();
  }
  if (!isJson) context.io.stdout.write(`${context.paint('wrote', 'green')} ${file}  the report, for a browser\n`);
}
