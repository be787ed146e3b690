// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the shell in a container
import { describe, expect, it } from 'vitest';
import { plainGet } from '../../src/init/compose/plain-get.ts';

const shell = (script: string): string[] => ['sh', '-c', script];
const words = (text: string): string[] => text.split(' ');

describe('a healthcheck that healix can make from outside', () => {
  it.each<[string[], number, string]>([
    [shell('curl -fsS http://localhost:80/health || exit 1'), 80, '/health'],
    [shell('curl --fail http://localhost/ > /dev/null 2>&1 || exit 1'), 80, '/'],
    [shell('curl -f http://localhost:3000/up?full=1 >/dev/null||exit 1'), 3000, '/up?full=1'],
    [shell("curl -f -s -o /dev/null -m 5 'http://127.0.0.1:8080/x?a=1&b=2' || false"), 8080, '/x?a=1&b=2'],
    [shell('wget -qO- http://localhost:8080/health &>/dev/null'), 8080, '/health'],
    [words('/bin/sh -c').concat('curl -f "http://localhost:8080"'), 8080, '/'],
    [words('curl -fL --retry 3 --max-time 2 http://0.0.0.0:9000/live'), 9000, '/live'],
    [words('/usr/bin/wget --no-verbose --tries=1 --spider http://[::1]:9000/live'), 9000, '/live'],
    [words('wget -q -O /dev/null -T 3 http://localhost:9000/live'), 9000, '/live'],
  ])('%j', (command, port, path) => {
    expect(plainGet(command)).toEqual({ port, path });
  });
});

describe('a healthcheck that only the container can make', () => {
  it.each<[string, string[]]>([
    ['a name and a password', shell('curl -f -u user:pw http://localhost:9200/_cluster/health')],
    ['them, after other options', words('curl -fsSu user:pw http://localhost:9200/')],
    ['them, in long', words('curl -f --user user:pw http://localhost:9200/')],
    ['them, in the address', words('curl -f http://user:pw@localhost:9200/')],
    ["them, in wget's words", words('wget -q --user=user --password=pw http://localhost:9200/')],
    ['only the head', words('curl -f -I http://localhost:9200/')],
    ['only the head, after other options', words('curl -sfI http://localhost:9200/')],
    ['only the head, in long', words('curl -f --head http://localhost:9200/')],
    ['no check of certificates', words('curl -fk http://localhost:9200/')],
    ['another method', words('curl -f -XPOST http://localhost:9200/')],
    ['a header', words('wget -q --header=X-Token:a http://localhost:9200/')],
    ['a socket of the container', words('curl -f --unix-socket /run/x.sock http://localhost:9200/')],
    ['a pipe', shell("curl -f http://localhost:9200/ | grep -q 'green'")],
    ['a pipe without spaces', shell('curl -sf http://localhost:9200/|grep green')],
    ['a second command', shell('curl -f http://localhost:9200/ && test -f /ready')],
    ['a way out that is another look', shell('curl -f http://localhost:9200/ || curl -f http://localhost:9201/')],
    ['a way out that is good', shell('curl -f http://localhost:9200/ || exit 0')],
    ['a variable of the shell', shell('curl -f "http://localhost:9200/${ROOT}"')],
    ['an answer of any status', shell('curl -s http://localhost:9200/')],
    ['two addresses', words('curl -f http://localhost:9200/ http://localhost:9201/')],
    ['a list of addresses', words('curl -f http://localhost:9200/{a,b}')],
    ['a path that HTTP does not take', words('curl -f http://localhost:9200/ä')],
    ['another host', words('curl -f http://es02:9200/')],
    ['https', words('curl -f https://localhost:9200/')],
    ['another program', words('redis-cli ping')],
    ['no words', []],
  ])('%s', (_, command) => {
    expect(plainGet(command)).toBeNull();
  });
});
