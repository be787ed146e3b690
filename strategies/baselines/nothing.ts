/** Does nothing: what a failing fleet loses when nobody but a human repairs it. */
import { type Healer, NO_ACTIONS } from '../contract.ts';

export const nothing: Healer<null> = {
  name: 'nothing',
  windowMs: 60_000,
  start: () => null,
  heal: () => NO_ACTIONS,
};
