/** Entry of the thread that simulates a fleet which is watched. */
import { parentPort, workerData } from 'node:worker_threads';
import { runLive } from './live-trial.ts';
import type { LiveTask } from './messages.ts';

runLive(workerData as LiveTask, (message) => parentPort!.postMessage(message));
