/**
 * `npm run bench` measures speed; `-- steps` what long steps cost in truth; `-- honesty` whether reports are true (several minutes);
 * `-- table` prints the README's tables, `-- picture` draws its picture (two minutes); `-- proof` holds the two tiers against each
 * other (a quarter of an hour); `-- study`
 * compares the engines on equal budgets (days in all; it can be stopped at any time and goes on, see `-- study --help`); `-- root-cause`
 * asks how often the cause of trouble is found, `-- together` whether coordination pays, `-- scale` how the cost of
 * agents grows with the fleet, and `-- scale graceful` what bad networks cost users (minutes each). Of the
 * runtime: `-- execute` what a guarded call costs next to cockatiel and opossum, `-- gateway` what its proxy adds to a call, `-- probes`
 * what looking costs, `-- agents` what healing together costs, `-- dashboard` what being watched costs, `-- runtime` how it heals real services next to pm2 and to nobody (hours; goes on after a kill, see `-- runtime
 * --help`).
 */
import { agentsBench } from './agents/agents.ts';
import { dashboardBench } from './dashboard/dashboard.ts';
import { honesty } from './honesty.ts';
import { proof } from './proof/proof.ts';
import { refereeTable } from './referee.ts';
import { rootCause } from './root-cause/root-cause.ts';
import { execute } from './runtime/execute.ts';
import { gatewayBench } from './runtime/gateway.ts';
import { probesBench } from './runtime/probes.ts';
import { runtimeBench } from './runtime/runtime.ts';
import { scale } from './scale/scale.ts';
import { speed } from './speed.ts';
import { steps } from './steps.ts';
import { study } from './study/study.ts';
import { resultTable } from './table.ts';
import { together } from './together/together.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const which = process.argv[2] ?? 'speed';
if (which === 'speed') speed(print);
else if (which === 'steps') steps(print);
else if (which === 'table') print(`${resultTable()}\n\n${refereeTable()}`);
else if (which === 'picture')
  await (await import('./picture.ts')).picture(print); // its charting library is optional
else if (which === 'honesty') await honesty(print);
else if (which === 'proof') await proof(print);
else if (which === 'root-cause') rootCause(process.argv.slice(3), print);
else if (which === 'together') await together(process.argv.slice(3), print);
else if (which === 'scale') scale(process.argv.slice(3), print);
else if (which === 'execute') await execute(print);
else if (which === 'gateway') await gatewayBench(print);
else if (which === 'probes') await probesBench(print);
else if (which === 'agents') await agentsBench(print);
else if (which === 'dashboard') await dashboardBench(print);
else if (which === 'runtime') await runtimeBench(process.argv.slice(3), print);
else if (which === 'study') await study(process.argv.slice(3), print);
else {
  process.stderr.write(
    `unknown benchmark ${which}: use speed, steps, honesty, proof, root-cause, together, scale, study, table, picture, execute, runtime, probes, agents, gateway or dashboard\n`,
  );
  process.exitCode = 2;
}
