/** What is decided for a service while somebody waits for it. */

interface Waiting {
  readonly service: string;
  readonly actions: number[];
}

export class Decisions {
  readonly #waiting = new Set<Waiting>();

  decided(service: string, action: number): void {
    for (const waiting of this.#waiting) if (waiting.service === service) waiting.actions.push(action);
  }

  /** The actions that are decided for the service until `begin` is over. */
  async during(service: string, begin: () => Promise<void>): Promise<readonly number[]> {
    const waiting: Waiting = { service, actions: [] };
    this.#waiting.add(waiting);
    try {
      await begin();
    } finally {
      this.#waiting.delete(waiting);
    }
    return waiting.actions;
  }
}
