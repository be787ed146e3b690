/** The word by which a service reports in: its own alone, so that none speaks for another or orders anything. */
import { createHmac } from 'node:crypto';

/** Derived from the control token, so that nothing more need be stored; does not give it away. */
export function reportToken(controlToken: string, service: string): string {
  return createHmac('sha256', controlToken).update(`report/${service}`).digest('hex');
}
