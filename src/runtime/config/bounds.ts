/** The bounds and small shapes that every part of the config schema is made of. */
import { z } from 'zod';

export const PORT_MAX = 65_535;
/** Where the control API listens when the file does not say. */
export const CONTROL_PORT = 7410;
/** Where state is kept when the file does not say. */
export const STATE_DIR = '.healix';
/** As Kubernetes: timeoutSeconds 1. */
export const PROBE_TIMEOUT_MS = 1000;

export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash or underscore, at most 63');
// A NUL ends a string for the kernel, so it can only be a trick.
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\0'), 'no NUL characters');
export const path = text(1024);
export const commandLine = z.array(text(8192)).min(1, 'at least the name of a program').max(256);
export const port = z.int().min(1).max(PORT_MAX);
export const timeMs = z.int().min(1).max(3_600_000);
/** What a program may be told by the user's own arrangement; never one that stops it. */
export const signalName = z.enum(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH']);
export const share = z.number().min(0).max(1);
