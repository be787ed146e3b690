/** Which healthchecks are no more than a GET of the container's own address, so that they can be made from outside of it. */

export interface PlainGet {
  readonly port: number;
  readonly path: string;
}

/** Braces and brackets are left out: curl takes them for a list of addresses, healix for a placeholder. */
const ADDRESS = /^http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d{1,5}))?(\/[!"$-Z^-z|~]*)?$/;
const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a)?sh$/;
/** What only turns the exit code into 1, and what only hides the output. */
const OR_FAIL = /\s*\|\|\s*(?:exit(?:\s+[1-9]\d*)?|false)\s*;?\s*$/;
const HIDDEN = /(?:\s*(?:\s[12]|&)?>\s*(?:\/dev\/null|&[12]))+\s*$/;
/** A word without anything in it that a shell would read. */
const WORD = /\s*(?:"([^"\\$`]*)"|'([^']*)'|([^\s"'\\$`|&;<>()*]+))(?=\s|$)/y;

/** Options that change only what is printed and how long is waited; any other may change what is asked, or what is a good answer. */
const CURL = {
  alone:
    /^(?:-[fsSLvigN4]+|-[fsSLvigN4]*(?:m\d+|o\/dev\/null)|--(?:fail|fail-with-body|silent|show-error|location|verbose|include|globoff|no-buffer|no-progress-meter|compressed|ipv4|http1\.1|retry-connrefused))$/,
  withValue:
    /^(?:-[fsSLvigN4]*[omw]|--(?:output|max-time|connect-timeout|write-out|retry|retry-delay|retry-max-time))$/,
};
const WGET = {
  alone:
    /^(?:-[qSs]+|-nv|-q?O(?:-|\/dev\/null)|-[tT]\d+|--(?:quiet|no-verbose|spider|server-response|no-proxy|(?:tries|timeout|output-document)=\S+))$/,
  withValue: /^(?:-q?[OTtY]|--(?:tries|timeout|output-document))$/,
};

/** Null for every other command: only within the container is it sure to answer as it does for Docker. */
export function plainGet(command: readonly string[]): PlainGet | null {
  const isScript = command.length === 3 && SHELL.test(command[0]!) && command[1] === '-c';
  const words = isScript ? wordsOf(command[2]!) : command;
  const [program = '', ...rest] = words ?? [];
  const name = /^(?:\/usr\/(?:local\/)?bin\/|\/bin\/)?(curl|wget)$/.exec(program)?.[1];
  if (name === undefined) return null;
  const options = name === 'curl' ? CURL : WGET;
  const addresses: string[] = [];
  // Without --fail, curl calls any answer good, where healix wants a good status.
  let failsByStatus = name === 'wget';
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (/^-\w*f|^--fail/.test(word)) failsByStatus = true;
    if (options.alone.test(word)) continue;
    if (options.withValue.test(word)) at += 1;
    else addresses.push(word);
  }
  const found = ADDRESS.exec(addresses[0] ?? '');
  if (found === null || addresses.length > 1 || !failsByStatus) return null;
  return { port: Number(found[1] ?? 80), path: found[2] ?? '/' };
}

/** Null for a script that is more than one program with its words. */
function wordsOf(script: string): string[] | null {
  const text = script.replace(OR_FAIL, '').replace(HIDDEN, '').trimEnd();
  const words: string[] = [];
  for (let at = 0; at < text.length; at = WORD.lastIndex) {
    WORD.lastIndex = at;
    const found = WORD.exec(text);
    if (found === null) return null;
    words.push(found[1] ?? found[2] ?? found[3]!);
  }
  return words;
}
