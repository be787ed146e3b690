/** Text from outside (probes, commands, services) made fit for a log or a person's phone: one line, bounded, without secrets. */

/** At most `charsMax` characters of the text, on one line, secrets replaced by `***`. */
export type Sanitise = (text: string, charsMax?: number) => string;

export const TEXT_CHARS_MAX = 500;
/** Of a longer text only this much is looked at: what is left out of sight cannot be shown either. */
const LOOKED_AT = 8;
/** Shorter ones stand in innocent text too often to be replaced wherever they occur. */
const SECRET_CHARS_MIN = 6;
const HIDDEN = '***';

/** CSI sequences (ECMA-48 5.4): colours and movements of the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const TERMINAL = /(?:\u001b\[|\u009b)[0-?]{0,50}[ -/]{0,10}[@-~]/g;
/** Controls, line separators, marks that change the direction of writing (CVE-2021-42574), halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/** What looks like a secret, whoever said it. Every repeat is bounded or cannot overlap its neighbours: linear time. */
const SECRETS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,300}@/gi, `$1${HIDDEN}@`],
  [/\b(bearer|basic)\s{1,3}[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [
    /((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w-]{0,40}["']?\s{0,3}[=:]\s{0,3})(?:"[^"]{0,500}"?|'[^']{0,500}'?|[^\s,;&"'}\]]+)/gi,
    `$1${HIDDEN}`,
  ],
  [/\beyJ[\w-]{10,}\.[\w-]{5,}(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{20,})/g, HIDDEN],
];

/** A sanitiser that hides these very secrets, too, wherever they stand. */
export function createSanitiser(secrets: readonly string[] = []): Sanitise {
  const known = [...new Set(secrets.map(oneLine))]
    .filter((secret) => secret.length >= SECRET_CHARS_MIN)
    .sort((a, b) => b.length - a.length);
  return (text, charsMax = TEXT_CHARS_MAX) => {
    let clean = oneLine(text.slice(0, charsMax * LOOKED_AT));
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    clean = withoutSecrets(clean);
    return clean.length <= charsMax ? clean : `${clean.slice(0, charsMax - 3).replace(/\p{Cs}$/u, '')}...`;
  };
}

/** Hides what looks like a secret and nothing else; the caller bounds the length. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const [pattern, shown] of SECRETS) clean = clean.replace(pattern, shown);
  return clean;
}

/** The parts of a config that the sanitiser has to know: what a service is given under a telling name, and the webhook's address. */
export interface SecretPlaces {
  readonly services: readonly { readonly env: Readonly<Record<string, string>> }[];
  readonly alerts: { readonly webhook: string | null };
}

/** A shorter path is a name, not a secret, and may stand in any other path. */
const PATH_CHARS_MIN = 16;
const TELLING = /pass|secret|token|key|credential|auth|dsn|private/i;

/** The secrets that a config holds. Addresses of webhooks are secrets as a whole: who knows one can write there. */
export function secretsOf({ services, alerts }: SecretPlaces): string[] {
  const given = services.flatMap(({ env }) =>
    Object.entries(env).flatMap(([name, value]) => (TELLING.test(name) ? [value] : [])),
  );
  if (alerts.webhook === null) return given;
  const { pathname, search, username, password } = new URL(alerts.webhook);
  const path = `${pathname}${search}`;
  return [...given, alerts.webhook, username, password, ...(path.length >= PATH_CHARS_MIN ? [path] : [])];
}

function oneLine(text: string): string {
  return text.replace(TERMINAL, '').replace(UNPRINTABLE, ' ').trim();
}
