/** `--check-determinism`: runs the work of a command twice and compares, to the last digit. */
import { createHash } from 'node:crypto';

/** The result of the work; done twice, and refused when the two differ, if `twice` says so. */
export async function runChecked<Result>(twice: boolean, work: () => Promise<Result>): Promise<Result> {
  const first = await work();
  if (!twice) return first;
  const [before, after] = [digestOf(first), digestOf(await work())];
  if (before !== after) {
    throw new Error(
      `two runs of this command differ (digests ${before} and ${after}): that is a bug in healix; please report it with the command`,
    );
  }
  return first;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
