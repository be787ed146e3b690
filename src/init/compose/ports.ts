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

/** Whether a port bound to this address can be asked on this machine itself, where healix looks; an empty one is all of its addresses. */
export function isOwnAddress(address: string): boolean {
  return /^(?:|0\.0\.0\.0|\[::\]|::|localhost|127\.0\.0\.1)$/i.test(address);
}

/** What is no port is null, with its position. UDP is left out: nothing looks at it. */
export function readPorts(value: unknown): { ports: ComposePort[]; bad: number[] } {
  const ports: ComposePort[] = [];
  const bad: number[] = [];
  asArray(value).forEach((one, at) => {
    const long = asObject(one);
    const text = asText(one);
    // An empty text was a variable that is nowhere: the port is not known, which is noted elsewhere.
    if (text === null) {
      const container = asCount(long.target);
      const host = asCount(long.published);
      if (asText(long.target) === '') return;
      if (container === null) bad.push(at);
      else if (asText(long.protocol) !== 'udp')
        ports.push({ host, container, at, address: asText(long.host_ip) ?? '' });
      return;
    }
    if (text === '' || text === ':') return;
    const short =
      /^(?:(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):)?(?:(\d*)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/i.exec(
        text,
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

export function readExposed(value: unknown): number[] {
  return asArray(value).flatMap((one) => asCount((asText(one) ?? '').replace(/\/(tcp|udp)$/, '')) ?? []);
}
