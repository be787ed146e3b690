/** What the benchmark uses of opossum 9, which has no types of its own. */
declare module 'opossum' {
  // biome-ignore lint/style/noDefaultExport: so it exports
  export default class CircuitBreaker {
    constructor(run: () => Promise<unknown>, options: Readonly<Record<string, unknown>>);
    fire(): Promise<unknown>;
    open(): void;
    shutdown(): void;
  }
}
