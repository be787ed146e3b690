/** `ports` and `expose` of a Compose service. */
import { asArray, asCount, asObject, asText } from '../data.ts';

export interface ComposePort {
  /** Null when Docker chooses one. */
  readonly host: number | null;
  readonly container: number;
  /** Position in the list, for messages. */
  readonly at: number;
  /** The host's address that it is bound to; empty for all. */
  readonly address: string;
}

/** What is no port is null, with its position. UDP is left out: nothing looks at it. */
export function readPorts(value: unknown, fill: (text: string) => string): { ports: ComposePort[]; bad: number[] } {
  const ports: ComposePort[] = [];
  const bad: number[] = [];
  asArray(value).forEach((one, at) => {
    const long = asObject(one);
    const text = asText(one);
    if (text === null) {
      const container = asCount(long.target);
      const host = asCount(fill(asText(long.published) ?? ''));
      if (container === null) bad.push(at);
      else if (asText(long.protocol) !== 'udp')
        ports.push({ host, container, at, address: asText(long.host_ip) ?? '' });
      return;
    }
    const filled = fill(text);
    // A variable that is nowhere: the port is not known, which is noted elsewhere.
    if (filled === '' || filled === ':') return;
    const short =
      /^(?:(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):)?(?:(\d*)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/i.exec(
        filled,
      );
    if (short === null) {
      bad.push(at);
      return;
    }
    const [, address = '', first = '', , container, last, protocol] = short;
    if (protocol?.toLowerCase() === 'udp') return;
    const count = Math.min(100, Math.max(1, Number(last ?? container) - Number(container) + 1));
    for (let offset = 0; offset < count; offset++) {
      const host = first === '' ? null : Number(first) + offset;
      ports.push({ host, container: Number(container) + offset, at, address });
    }
  });
  return { ports, bad };
}

export function readExposed(value: unknown, fill: (text: string) => string): number[] {
  return asArray(value).flatMap((one) => asCount(fill((asText(one) ?? '').replace(/\/(tcp|udp)$/, ''))) ?? []);
}
