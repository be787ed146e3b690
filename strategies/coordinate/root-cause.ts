/**
 * From what monitors tell of unwell services to ranked causes: who explains whom along the dependency graph. Pure and deterministic.
 * Each trouble is divided among those that may be to blame (`cause-blame.ts`), and the blame is followed to its end (`cause-walk.ts`).
 */
import { blameOf } from './cause-blame.ts';
import { pictureOf } from './cause-picture.ts';
import { troublesOf } from './cause-trouble.ts';
import { chargesOf, sharesOf } from './cause-walk.ts';
import { reasonsFor } from './cause-words.ts';
import type { CauseOf, Evidence, RankedCause } from './messages.ts';
import type { PlacedRoster } from './placement.ts';

/** Causes told, and the least share of the evidence of one. */
const CAUSES_MAX = 8;
const SCORE_MIN = 0.005;
/** A monitor says again what is still amiss: older evidence is of no use. */
const EVIDENCE_OLD_MS = 120_000;
/** A service is a victim of a cause that explains so much of its trouble. */
const VICTIM_SHARE = 0.3;

/**
 * Causes of the trouble at `atMs`, the likeliest first; none when nothing is amiss. Of several reports on a service the newest counts; of
 * services that nobody reports on, nothing is known to be wrong. The scores add up to 1 at most. The order of `evidence` is of no
 * consequence, and ties go to services before hosts, connections and load, then to the lower index.
 */
export function rankCauses(roster: PlacedRoster, evidence: readonly Evidence[], atMs: number): readonly RankedCause[] {
  const reports = newest(roster, evidence, atMs);
  const troubles = troublesOf(reports);
  if (troubles.length === 0) return [];
  const picture = pictureOf(roster, reports, troubles);
  const blame = blameOf(picture);
  return chargesOf(troubles, blame)
    .filter(({ score }) => score >= SCORE_MIN)
    .slice(0, CAUSES_MAX)
    .map(({ cause, score }) => {
      const shares = sharesOf(blame, cause);
      const victims = troubles.flatMap(({ service }, at) =>
        shares[at]! >= VICTIM_SHARE && service !== ownService(cause) ? [service] : [],
      );
      return { cause, score, victims, reasons: reasonsFor(picture, cause, victims) };
    });
}

function ownService(cause: CauseOf): number | null {
  return cause.kind === 'service' || cause.kind === 'load' ? cause.service : null;
}

/** By service. Two reports of the same moment are told apart by their content, so that their order is of no consequence. */
function newest(roster: PlacedRoster, evidence: readonly Evidence[], atMs: number): readonly Evidence[] {
  const latest = new Map<number, Evidence>();
  for (const report of evidence) {
    if (report.atMs < atMs - EVIDENCE_OLD_MS || roster.services[report.service] === undefined) continue;
    const other = latest.get(report.service);
    if (other === undefined || isNewer(report, other)) latest.set(report.service, report);
  }
  return [...latest.values()].sort((a, b) => a.service - b.service);
}

function isNewer(report: Evidence, other: Evidence): boolean {
  if (report.atMs !== other.atMs) return report.atMs > other.atMs;
  return JSON.stringify(report) > JSON.stringify(other);
}
