/** What is normal for a service, learnt from its healthy windows: slow means and mean absolute deviations. */
import type { NormalMemory, ServiceMemory } from './memory.ts';

/** What is normal is learnt with this time constant, and not relied on before as many windows. */
const NORMAL_S = 600;
const NORMAL_WINDOWS_MIN = 20;

/** Learns what is normal from a healthy window. */
export function learn(service: ServiceMemory): void {
  if (service.calls <= 0 || service.errorRate < 0 || service.p95Ms < 0) return;
  const normal = service.normal;
  const windowS = service.windowMs / 1000;
  const settled = windowS / (NORMAL_S + windowS);
  const weight = Math.max(settled, 1 / (normal.windows + 1));
  const errorRateOff = service.errorRate - normal.errorRate;
  const p95MsOff = service.p95Ms - normal.p95Ms;
  const perSOff = callsPerS(service) - normal.perS;
  normal.errorRate += weight * errorRateOff;
  normal.p95Ms += weight * p95MsOff;
  normal.perS += weight * perSOff;
  if (normal.windows > 0) {
    normal.errorRateOff += weight * (Math.abs(errorRateOff) - normal.errorRateOff);
    normal.p95MsOff += weight * (Math.abs(p95MsOff) - normal.p95MsOff);
    normal.perSOff += weight * (Math.abs(perSOff) - normal.perSOff);
  }
  if (normal.windows < NORMAL_WINDOWS_MIN) normal.windows += 1;
}

export function isNormalKnown(normal: NormalMemory): boolean {
  return normal.windows >= NORMAL_WINDOWS_MIN;
}

export function callsPerS(service: ServiceMemory): number {
  return service.windowMs > 0 ? (service.calls * 1000) / service.windowMs : 0;
}
