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
export const EVIDENCE_OLD_MS = 120_000;
/** Calls, as a share of the most that any report on the service tells of, that are few. */
export const FEW_CALLS = 0.5;
/** A service is a victim of a cause that explains so much of its trouble. */
const VICTIM_SHARE = 0.3;

/**
 * Causes of the trouble at `atMs`, the likeliest first; none when nothing is amiss. `evidence` is what monitors told of late, several
 * reports on a service as well as one; its order is of no consequence. Of services that nobody reports on, nothing is known to be
 * wrong. The scores add up to 1 at most; ties go to services before hosts, connections and load, then to the lower index.
 */
export function rankCauses(roster: PlacedRoster, evidence: readonly Evidence[], atMs: number): readonly RankedCause[] {
  const reports = mostTelling(roster, evidence, atMs);
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

/**
 * The report that tells most of each service, by service. That is the newest, unless few calls came to it since: where breakers opened
 * or callers gave up, what is measured then says little of what was wrong, and what is remembered is old.
 */
function mostTelling(roster: PlacedRoster, evidence: readonly Evidence[], atMs: number): readonly Evidence[] {
  const reports: Evidence[][] = roster.services.map(() => []);
  for (const report of evidence) if (report.atMs >= atMs - EVIDENCE_OLD_MS) reports[report.service]?.push(report);
  return reports.flatMap((those) => {
    const busiest = those.reduce((most, { throughputRatio }) => Math.max(most, throughputRatio), 0);
    const isTelling = ({ throughputRatio }: Evidence): boolean =>
      throughputRatio < 0 || throughputRatio >= FEW_CALLS * busiest;
    return those.filter(isTelling).reduce<Evidence[]>(([best], report) => [newer(best, report)], []);
  });
}

/** Two reports of the same moment are told apart by their content, so that their order is of no consequence. */
function newer(best: Evidence | undefined, report: Evidence): Evidence {
  if (best === undefined || report.atMs > best.atMs) return report;
  if (report.atMs < best.atMs) return best;
  return JSON.stringify(report) > JSON.stringify(best) ? report : best;
}
