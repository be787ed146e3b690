/** What a breaker throws on bad input; everything it expects is a value instead. */

export class BreakerError extends Error {
  readonly code: 'illegal-command' | 'bad-saved-state' | 'bad-counts';
  /** One line per problem, each beginning with the field's path where there is one. */
  readonly problems: readonly string[];

  constructor(code: BreakerError['code'], problems: readonly string[]) {
    super(`${code}: ${problems.join('; ')}`);
    this.name = 'BreakerError';
    this.code = code;
    this.problems = problems;
  }
}
