/** What signals tell of a service beside its replicas: which release since when, and whether its configuration has changed. */
import { type ConfigState, configWatch } from './config-file.ts';
import type { ManagedService } from './managed-service.ts';
import { currentRelease, type Release } from './releases.ts';

/** null: it has none, or it cannot be read. */
export interface ServiceFacts {
  readonly release: Release | null;
  readonly config: ConfigState | null;
}

/** Looks at releases and configuration files; remembers when a configuration changed, across new lists of services too. */
export class FactsWatch {
  #watches = new Map<string, (nowMs: number) => ConfigState>();

  configure(services: readonly ManagedService[]): void {
    const before = this.#watches;
    this.#watches = new Map();
    for (const service of services) {
      const file = service.configFile;
      if (file !== null) this.#watches.set(keyOf(service), before.get(keyOf(service)) ?? configWatch(file));
    }
  }

  of(service: ManagedService, nowMs: number): ServiceFacts {
    const found = service.releases === null ? null : currentRelease(service.releases);
    return {
      release: found?.kind === 'found' ? found.release : null,
      config: this.#watches.get(keyOf(service))?.(nowMs) ?? null,
    };
  }
}

function keyOf({ id, configFile }: ManagedService): string {
  return JSON.stringify([id, configFile?.path, configFile?.knownGood]);
}
