/**
 * Keyed randomness: a stream is named by (scenario seed, purpose, entity, number), never by its position among other draws,
 * so every genome faces the same world and no decision of a strategy shifts it. seedrandom expands the user's string once;
 * sfc32 (Chris Doty-Humphrey, PractRand) runs inside.
 */
import seedrandom from 'seedrandom';
import { MEAN_MAX, poissonCount } from './poisson.ts';

/** What a stream is for. The order is part of every result: add at the end. */
export const PURPOSES = {
  incidentGap: 1,
  incident: 2,
  operation: 3,
  load: 4,
  boot: 5,
  cure: 6,
  action: 7,
  human: 8,
  noise: 9,
  readiness: 10,
  relapse: 11,
  quiet: 12,
  user: 13,
  work: 14,
  call: 15,
  sample: 16,
  letter: 17,
} as const;
export type Purpose = (typeof PURPOSES)[keyof typeof PURPOSES];

/** 64 bits expanded from the scenario's seed string. */
export interface SeedKey {
  readonly high: number;
  readonly low: number;
}

export function expandSeed(seed: string): SeedKey {
  const source = seedrandom(seed);
  return { high: source.int32(), low: source.int32() };
}

export class Stream {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 1;

  /** Repositions the stream at the start of the named one. */
  key(seed: SeedKey, purpose: Purpose, entity: number, number: number): this {
    this.a = mix(seed.high ^ Math.imul(purpose, 0x9e3779b1));
    this.b = mix(seed.low ^ Math.imul(entity + 1, 0x85ebca6b));
    this.c = mix(this.a ^ this.b ^ Math.imul(number + 1, 0xc2b2ae35));
    this.d = 1;
    for (let round = 0; round < 8; round += 1) this.bits();
    return this;
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }

  /** Uniform on (0, 1): never 0 and never 1. */
  uniform(): number {
    return ((this.bits() >>> 0) + 0.5) / 4294967296;
  }

  between(lo: number, hi: number): number {
    return lo + (hi - lo) * this.uniform();
  }

  integer(lo: number, hi: number): number {
    return lo + Math.floor(this.uniform() * (hi - lo + 1));
  }

  /** Whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Sum of four bytes, centred and scaled: a normal good enough for measurement noise at a fifth of the price. */
  roughNormal(): number {
    const bits = this.bits();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) * 0.006765;
  }

  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  weibull(shape: number, mean: number): number {
    return (mean / gammaOf(1 + 1 / shape)) * (-Math.log(this.uniform())) ** (1 / shape);
  }

  /** Exact below 30 expected, normal above; a rough normal is never so far down that the count would be negative. */
  poisson(expected: number): number {
    if (expected < 1e-9) return 0;
    if (expected > MEAN_MAX) return Math.round(expected + Math.sqrt(expected) * this.roughNormal());
    const draw = this.uniform();
    // exp(-x) is above 1 - x, so most draws of a rare thing need no look at any table.
    return draw <= 1 - expected ? 0 : poissonCount(draw, expected);
  }
}

/** Finaliser of MurmurHash3. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Gamma function for arguments in [1, 3] (Lanczos, g = 7, n = 9; Numerical Recipes). */
function gammaOf(z: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const x = z - 1;
  let sum = 0.9999999999998099;
  for (const [i, coefficient] of coefficients.entries()) sum += coefficient / (x + i + 1);
  const t = x + 7.5;
  return Math.sqrt(2 * Math.PI) * t ** (x + 0.5) * Math.exp(-t) * sum;
}
