/** Tier 0: closed forms. They hold the simulators to theory and give `healix fleet check` its arithmetic. */

/** Equilibrium of an M/M/c/K station (K = servers + waiting places) at offered load `a` = arrival rate / service rate. */
export interface StationEquilibrium {
  /** Mean number in system, busy servers, waiting. */
  readonly number: number;
  readonly busy: number;
  readonly waiting: number;
  /** Share of arrivals turned away. */
  readonly blocking: number;
  /** Variances of the number in system and of the number waiting, and the covariance of the two. */
  readonly numberVariance: number;
  readonly waitingVariance: number;
  readonly covariance: number;
}

/** Birth-death solution, scaled so that nothing overflows (Gross and Harris, Fundamentals of Queueing Theory, ch. 2). */
export function stationEquilibrium(servers: number, places: number, offeredLoad: number): StationEquilibrium {
  let weight = 1;
  let total = 1;
  let number = 0;
  let numberSquare = 0;
  let waiting = 0;
  let waitingSquare = 0;
  let cross = 0;
  let last = 1;
  for (let n = 1; n <= places; n += 1) {
    weight *= offeredLoad / Math.min(n, servers);
    if (weight > 1e200) {
      const scale = 1e-200;
      weight *= scale;
      total *= scale;
      number *= scale;
      numberSquare *= scale;
      waiting *= scale;
      waitingSquare *= scale;
      cross *= scale;
    }
    total += weight;
    number += n * weight;
    numberSquare += n * n * weight;
    if (n > servers) {
      const queue = n - servers;
      waiting += queue * weight;
      waitingSquare += queue * queue * weight;
      cross += n * queue * weight;
    }
    last = weight;
  }
  const meanNumber = number / total;
  const meanWaiting = waiting / total;
  return {
    number: meanNumber,
    busy: meanNumber - meanWaiting,
    waiting: meanWaiting,
    blocking: (places === 0 ? 1 : last) / total,
    numberVariance: Math.max(0, numberSquare / total - meanNumber * meanNumber),
    waitingVariance: Math.max(0, waitingSquare / total - meanWaiting * meanWaiting),
    covariance: Math.max(0, cross / total - meanNumber * meanWaiting),
  };
}

/** Chance that an arrival waits in M/M/c (Erlang C), utilisation below 1. */
export function erlangC(servers: number, offeredLoad: number): number {
  let blocking = 1;
  for (let n = 1; n <= servers; n += 1) blocking = (offeredLoad * blocking) / (n + offeredLoad * blocking);
  const utilisation = offeredLoad / servers;
  return blocking / (1 - utilisation * (1 - blocking));
}

/** Mean time in system of M/M/c, in the unit of 1 / rate. */
export function sojournMmc(servers: number, arrivalRate: number, serviceRate: number): number {
  const offered = arrivalRate / serviceRate;
  return 1 / serviceRate + erlangC(servers, offered) / (servers * serviceRate - arrivalRate);
}

/** Availability of "at least k of n" independent replicas, each up with probability `up`. */
export function availabilityKofN(k: number, n: number, up: number): number {
  let sum = 0;
  let choose = 1;
  for (let i = 0; i <= n; i += 1) {
    if (i >= k) sum += choose * up ** i * (1 - up) ** (n - i);
    choose = (choose * (n - i)) / (i + 1);
  }
  return Math.min(1, sum);
}

/** Share of time a replica is up that fails every `meanUpS` and is repaired in `meanDownS`. */
export function availabilityUpDown(meanUpS: number, meanDownS: number): number {
  return meanUpS / (meanUpS + meanDownS);
}

/**
 * Machine repair: so many machines, each failing at `failureRate` while it runs, and so many repairers, each mending one at a time
 * at `repairRate`. The chance of each number of machines running, from none to all (Gross and Harris, ch. 2: finite source).
 */
export function machineRepair(
  machines: number,
  repairers: number,
  failureRate: number,
  repairRate: number,
): readonly number[] {
  const weights = [1];
  for (let down = 1; down <= machines; down += 1) {
    const before = (machines - down + 1) * failureRate;
    weights.push((weights[down - 1]! * before) / (Math.min(down, repairers) * repairRate));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.toReversed().map((weight) => weight / total);
}

/**
 * An intermittent fault (Gilbert 1960, Elliott 1963) that goes bad and good again at these rates and loses all calls while it is
 * bad: the share of calls lost, and the mean number lost in a row when calls come as a Poisson stream. The state that one call
 * after the other finds is a Markov chain, so runs are geometric.
 */
export function gilbertElliott(
  toBad: number,
  toGood: number,
  callRate: number,
): { readonly loss: number; readonly runLength: number } {
  return { loss: toBad / (toBad + toGood), runLength: (callRate + toBad + toGood) / toGood };
}

/** Mean attempts per call when each attempt fails independently with probability `failure`: (1 - p^m) / (1 - p). */
export function retryAmplification(failure: number, attempts: number): number {
  return failure === 1 ? attempts : (1 - failure ** attempts) / (1 - failure);
}

/**
 * Load (user requests per second at the entry) below which a retry storm cannot sustain itself: capacity over the largest
 * possible work amplification (Huang et al., Metastable Failures in the Wild, OSDI 2022, theorem 2).
 */
export function stormFreeLoad(capacityPerS: number, attempts: number): number {
  return capacityPerS / attempts;
}

/** Whether the remaining replicas carry the load: utilisation with `down` of `replicas` missing. */
export function utilisationWithout(utilisation: number, replicas: number, down: number): number {
  return down >= replicas ? Number.POSITIVE_INFINITY : (utilisation * replicas) / (replicas - down);
}
