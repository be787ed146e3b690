/** Placeholders of command lines and environments: `{service}`, `{replica}`, `{port}` and `{release}`. */

/** What a placeholder stands for. Null where there is none: then the placeholder stays as it is. */
export interface Slot {
  readonly service: string;
  readonly replica: number | null;
  readonly port: number | null;
  /** Name of the release that runs in the slot. */
  readonly release: string | null;
}

const PLACEHOLDER = /\{(service|replica|port|release)\}/g;

/** The text with every placeholder filled in; other braces (JSON, shell) are left alone. */
export function fillIn(text: string, slot: Slot): string {
  return text.replace(PLACEHOLDER, (written, name: keyof Slot) => String(slot[name] ?? written));
}

/** The names of the placeholders in a text, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name]) => name!))];
}
