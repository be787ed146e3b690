/**
 * Which release each service ran before the one it runs now: where a rollback leads to. Kept in a file, since a config says it once and
 * is out of date with the next deploy.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from './durable.ts';
import type { ManagedService, Releases } from './managed-service.ts';
import { messageOf } from './process.ts';
import { currentRelease } from './releases.ts';

const FILE = 'releases.json';

const runSchema = z.strictObject({
  /** What the last process that was started ran. */
  ran: z.string(),
  /** What ran before that; the same as `ran` after a way back, as nothing is known to be further back. Null: never another. */
  before: z.string().nullable(),
  /** What the config named as previous then: another word of the user's overrules what was seen. */
  named: z.string().nullable(),
});
const fileSchema = z.strictObject({ services: z.record(z.string(), runSchema) });
type Run = z.infer<typeof runSchema>;

/** Lives as long as the runtime. */
export class ReleaseLog {
  readonly #file: string;
  readonly #runs: Map<string, Run>;
  readonly #onTrouble: (reason: string) => void;

  /** A file that cannot be read is as none: then the config's word holds until the next deploy. */
  constructor(stateFolder: string, onTrouble: (reason: string) => void) {
    this.#file = join(stateFolder, FILE);
    this.#onTrouble = onTrouble;
    this.#runs = new Map(Object.entries(read(this.#file)));
  }

  /**
   * A process was started with this release. Another than before is a deploy, and what ran before is where a rollback leads. Going back
   * to that one, by healix or by hand, is a rollback: the release that was left is nothing to go back to.
   */
  started(service: ManagedService, release: string | null): void {
    if (service.releases === null || release === null) return;
    const known = this.#known(service.id, service.releases);
    if (known?.ran === release) return;
    const named = service.releases.previous;
    const before = known === undefined ? named : known.before === release ? release : known.ran;
    this.#runs.set(service.id, { ran: release, before, named });
    try {
      const services = Object.fromEntries(this.#runs);
      const own = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      writeWhole(this.#file, Buffer.from(`${JSON.stringify({ services })}\n`), own);
    } catch (error) {
      this.#onTrouble(`${this.#file} cannot be written: ${messageOf(error)}`);
    }
  }

  /** A process was taken over that runs this release: of a service that nothing is known of, that is what ran. */
  adopted(service: ManagedService, release: string | null): void {
    if (!this.#runs.has(service.id)) this.started(service, release);
  }

  /** The service's releases with the one to go back to: what ran before a deploy that was seen, else what the config names. */
  of(id: string, releases: Releases): Releases {
    const known = this.#known(id, releases);
    if (known === undefined) return releases;
    const current = currentRelease(releases);
    // Deployed, and no process of it started yet: what runs is what to go back to.
    const isNew =
      current.kind === 'found' && current.release.name !== known.ran && current.release.name !== known.before;
    return { ...releases, previous: isNew ? known.ran : known.before };
  }

  #known(id: string, { previous }: Releases): Run | undefined {
    const known = this.#runs.get(id);
    return known === undefined || known.named === previous ? known : { ...known, before: previous, named: previous };
  }
}

function read(file: string): Record<string, Run> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).services;
  } catch {
    return {};
  }
}
