/** `npm run bench` measures speed; `npm run bench -- honesty` whether reports are true (several minutes). */
import { honesty } from './honesty.ts';
import { speed } from './speed.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const which = process.argv[2] ?? 'speed';
if (which === 'speed') speed(print);
else if (which === 'honesty') await honesty(print);
else {
  process.stderr.write(`unknown benchmark ${which}: use speed or honesty\n`);
  process.exitCode = 2;
}
