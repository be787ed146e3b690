/** Prints the bytes that a quiet look and a look at trouble allocate in `strategies/`; run by allocation.test.ts in a process of its own. */
import { Session } from 'node:inspector/promises';
import { planFleet } from '../../sim/plan.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { ReplicaReading, Signal } from '../../strategies/contract.ts';
import { heal, startMemory } from '../../strategies/heal.ts';

const WARM_UP = 100_000;
const LOOKS = 100_000;

const plan = planFleet(loadFleet('online-boutique').fleet);

function reading(slot: number, failed: number): ReplicaReading {
  const present = slot < 3;
  const measured = (value: number): number => (present ? value : Number.NaN);
  return {
    present: present ? 1 : 0,
    live: measured(1),
    ready: present ? 1 : 0,
    inRotation: present ? 1 : 0,
    calls: present ? 166 : 0,
    failed: present ? failed : 0,
    p50Ms: measured(20.5),
    p95Ms: measured(60.5),
    cpu: measured(0.55),
    memory: measured(0.35),
    queue: measured(0.01),
    exitCode: Number.NaN,
    uptimeS: measured(5000.5),
  };
}

/** Bytes allocated by functions of `strategies/`, per look at one service, once the engine knows the code. */
async function bytesPerLook(failed: number): Promise<number> {
  const memory = startMemory(plan.roster, 'allocation');
  const slots = plan.roster.services[0]!.replicasMax;
  const signal: Signal = {
    kind: 'signal',
    atMs: 0,
    service: 0,
    windowMs: 5000,
    replicas: Array.from({ length: slots }, (_, slot) => reading(slot, failed)),
    deployAgeS: 10_000,
    configAgeS: 10_000,
    configDiffers: 0,
    dependencyFailed: plan.roster.services.map(() => 0.001),
  };
  const look = (times: number): void => {
    for (let i = 0; i < times; i += 1) {
      signal.service = i % plan.services;
      if (signal.service === 0) signal.atMs += 5000;
      heal(sreRunbook, memory, signal);
    }
  };
  look(WARM_UP);
  const session = new Session();
  session.connect();
  try {
    // Objects that are already gone count too.
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post('HeapProfiler.startSampling', { samplingInterval: 256, ...collected });
    look(LOOKS);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return sizeIn(profile.head, '/strategies/') / LOOKS;
  } finally {
    session.disconnect();
  }
}

interface Node {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

function sizeIn(node: Node, folder: string): number {
  const own = node.callFrame.url.includes(folder) ? node.selfSize : 0;
  return node.children.reduce((sum, child) => sum + sizeIn(child, folder), own);
}

process.stdout.write(JSON.stringify({ quiet: await bytesPerLook(0), troubled: await bytesPerLook(100) }));
