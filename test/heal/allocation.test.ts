/** The quiet path creates no object: a fleet of hundreds of replicas is looked at without feeding the garbage collector. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a quiet look allocates nothing, while a look at trouble does', () => {
  // In a process of its own: what the test runner does to imports makes the engine box numbers.
  const script = fileURLToPath(new URL('quiet-looks.ts', import.meta.url));
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8', timeout: 60_000 });
  const bytes = JSON.parse(printed) as { quiet: number; troubled: number };
  expect(bytes.quiet).toBeLessThan(0.5);
  expect(bytes.troubled).toBeGreaterThan(1);
}, 60_000);
