/** Everything wrong with what was read, told at once with file, line and path. */
import { HealixError } from '../errors.ts';
import { PROBLEMS_SHOWN } from '../fleets.ts';
import type { Place } from './model.ts';

export class ManifestProblems {
  readonly #found: { readonly place: Place; readonly message: string }[] = [];

  add(place: Place, message: string): void {
    this.#found.push({ place, message });
  }

  get count(): number {
    return this.#found.length;
  }

  /** @throws HealixError `bad-manifests` with all that was found; returns quietly when nothing was. */
  refuse(): void {
    if (this.#found.length === 0) return;
    const lines = this.#found.map(({ place, message }) => `  - ${placeWords(place)}: ${message}`);
    const shown = lines.slice(0, PROBLEMS_SHOWN);
    if (lines.length > shown.length) shown.push(`  ... and ${lines.length - shown.length} more`);
    const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
    throw new HealixError('bad-manifests', [`healix init cannot use what it found: ${count}.`, ...shown].join('\n'));
  }
}

/** `compose.yaml line 12, services.cart.ports[0]`. */
export function placeWords({ file, line, path }: Place): string {
  return [`${file}${line === null ? '' : ` line ${line}`}`, ...(path === '' ? [] : [path])].join(', ');
}
