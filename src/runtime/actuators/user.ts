/** Looks a user up in /etc/passwd (passwd(5)). Users of a directory service (LDAP) are named by number. */
import { readFileSync } from 'node:fs';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** null: stay who we are, because no other user is named. undefined: nobody is called that. */
export function findAccount(user: string | null, passwd?: string): Account | null | undefined {
  if (user === null) return null;
  const found = (passwd ?? readFileSync('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , uid]) => name === user || uid === user);
  if (found === undefined) {
    const uid = Number(user);
    return /^\d+$/.test(user) ? ours({ name: user, uid, gid: uid, home: '/' }) : undefined;
  }
  return ours({ name: found[0]!, uid: Number(found[2]), gid: Number(found[3]), home: found[5] ?? '/' });
}

function ours(account: Account): Account | null {
  return account.uid === process.getuid?.() ? null : account;
}
