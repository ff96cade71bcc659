// Whom PostgreSQL runs as. It refuses root, so a root process hands it to an unprivileged account that exists already.
// Called by embedded.ts and postgres-files.ts.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PalaceError } from '../errors.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account to drop to, or undefined when we are not root and PostgreSQL runs as ourselves. */
export function unprivilegedUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const account = accounts.get(name);
    if (account !== undefined && account.uid > 0) return account;
  }
  throw new PalaceError('boot.database', {
    detail:
      'PostgreSQL does not run as root, and this machine has neither a "postgres" nor a "nobody" account to run it as. Start AgentsPalace as an ordinary user.',
  });
}

/** Whether the account can reach `path`, which means entering every folder above it (and `path` itself when a folder). */
export function canEnter(path: string, user: SystemUser): boolean {
  for (let at = path; ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if (stat.isDirectory() && (stat.mode & bit) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

function readAccounts(): Map<string, SystemUser> {
  const accounts = new Map<string, SystemUser>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name !== undefined && uid !== undefined && gid !== undefined) {
      // macOS writes nobody as -2, which the kernel takes as an unsigned number.
      accounts.set(name, { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
    }
  }
  return accounts;
}
