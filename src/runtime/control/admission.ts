/** Who is let in, and how often. The bearer is looked at first, so that callers without a token spend nobody's requests but strangers'. */
import { type Bucket, fullBucket, type Rate, takeToken } from './bucket.ts';
import { reportToken } from './report-token.ts';
import { bears } from './token.ts';

/** `often`: more than may be asked; who it is, is known all the same. */
export type Admitted = 'in' | 'often' | 'stranger' | 'stranger-often';

export const OPERATORS: Rate = { perS: 20, burst: 40 };
/** Of each service: one that reports without end keeps no other from reporting, which would get it restarted. */
export const REPORTS: Rate = { perS: 500, burst: 1000 };
/** Requests without the right token, which are told so. */
export const STRANGERS: Rate = { perS: 20, burst: 40 };
/** Files of the page, which are few and need no token. */
export const FILES: Rate = { perS: 50, burst: 100 };
/** Services whose reports are counted: as many as a config may hold. */
const SERVICES_MAX = 1000;

/** `clock`: milliseconds that never go back. */
export class Admission {
  readonly #token: string;
  readonly #clock: () => number;
  readonly #operators: Bucket;
  readonly #strangers: Bucket;
  readonly #files: Bucket;
  readonly #reports = new Map<string, Bucket>();

  constructor(token: string, clock: () => number) {
    this.#token = token;
    this.#clock = clock;
    this.#operators = fullBucket(OPERATORS, clock());
    this.#strangers = fullBucket(STRANGERS, clock());
    this.#files = fullBucket(FILES, clock());
  }

  /** `authorization`: the header of that name. */
  operator(authorization: string | undefined): Admitted {
    if (!bears(authorization, this.#token)) return this.#stranger();
    return takeToken(this.#operators, this.#clock()) ? 'in' : 'often';
  }

  service(authorization: string | undefined, service: string): Admitted {
    if (!bears(authorization, reportToken(this.#token, service))) return this.#stranger();
    return takeToken(this.#reportsOf(service), this.#clock()) ? 'in' : 'often';
  }

  /** Whether another file of the page may be had. */
  file(): boolean {
    return takeToken(this.#files, this.#clock());
  }

  #stranger(): Admitted {
    return takeToken(this.#strangers, this.#clock()) ? 'stranger' : 'stranger-often';
  }

  #reportsOf(service: string): Bucket {
    const known = this.#reports.get(service);
    if (known !== undefined) return known;
    const bucket = fullBucket(REPORTS, this.#clock());
    // Those of services that are long gone; one that is not begins again with a full one.
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size < SERVICES_MAX) break;
      this.#reports.delete(oldest);
    }
    this.#reports.set(service, bucket);
    return bucket;
  }
}

export function isStranger(admitted: Admitted): boolean {
  return admitted === 'stranger' || admitted === 'stranger-often';
}
