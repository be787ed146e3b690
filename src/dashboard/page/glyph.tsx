/** A status by its shape, so that colour is never all that tells. */
import type { HealthStatus } from '../../../strategies/contract.ts';

const SHAPES: Readonly<Record<HealthStatus, string>> = {
  healthy: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z',
  recovering: 'M8 1.5a6.5 6.5 0 1 0 0 13zM9.6 2.2a6.5 6.5 0 0 1 0 11.6z',
  degraded: 'M8 1.6L15 14.2H1z',
  critical: 'M8 .8L15.2 8L8 15.2L.8 8z',
  failed: 'M3.4 1L8 5.6L12.6 1L15 3.4L10.4 8L15 12.6L12.6 15L8 10.4L3.4 15L1 12.6L5.6 8L1 3.4z',
};

/** Beside the word that says the same. */
export function Glyph({ status }: { readonly status: HealthStatus }) {
  return (
    <svg class={`glyph is-${status}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[status]} />
    </svg>
  );
}
