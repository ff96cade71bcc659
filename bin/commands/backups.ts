// Rows: backup and restore.
import { DATA_FLAG, JSON_FLAG, type CommandSpec, type Flag } from '../command.ts';

const PASSPHRASE_FLAG: Flag = {
  name: 'passphrase-file',
  kind: 'text',
  placeholder: 'PATH',
  default: 'asked on a terminal, else read from standard input',
  summary: 'Where the passphrase of the keys stands; - is standard input. One line break at its end is left out.',
};

export const BACKUP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'backup',
    group: 'Start and stop',
    summary: 'Keep an installation in one file, while its server runs; or check such a file',
    usage: ['backup FILE [--data DIR] [--with-key [--passphrase-file PATH]] [--json]', 'backup --verify FILE [--json]'],
    about: [
      'Everything that was acknowledged before the moment it names is in the file: definitions, runs with their history, large payloads, keys and secrets (sealed). The server goes on meanwhile. The file appears when it is whole and on the disk; an existing one is never replaced. It holds the data of all tenants in clear text: keep it as you keep the database.',
      'The keys are only in it with --with-key, sealed by a passphrase of at least 12 characters: vault.key, which opens the secrets, and internal.key, which seals the audit log. Without it, keep vault.key elsewhere: a restored server opens no secret without.',
      'With PALACE_DATABASE_URL the database is dumped by pg_dump, which must be on the PATH and not older than the server. The user in the URL must see all rows (BYPASSRLS or superuser).',
      '--verify reads all of a file and says whether it is whole, without restoring it.',
    ],
    positionals: [{ name: 'FILE', summary: 'The file to write, or to check.' }],
    flags: [
      { name: 'verify', kind: 'switch', summary: 'Check FILE, change nothing.' },
      { name: 'with-key', kind: 'switch', summary: 'Put the keys of the installation into the file, sealed by a passphrase.' },
      PASSPHRASE_FLAG,
      DATA_FLAG,
      JSON_FLAG,
    ],
    examples: [
      { line: 'backup /backups/palace-monday.tar', says: 'The installation in ~/.agentspalace.' },
      { line: 'backup --verify /backups/palace-monday.tar', says: 'Is it whole?' },
    ],
    exits: [0, 1, 2],
  },
  {
    name: 'restore',
    group: 'Start and stop',
    summary: 'Make a new installation of a backup; it starts held',
    usage: ['restore FILE --data NEWDIR [--passphrase-file PATH | --without-key] [--json]'],
    about: [
      'All of FILE is read and checked before anything is written. NEWDIR must be new or empty; it appears when all of it is there.',
      'Started with `palace up --data NEWDIR`, the installation is held: no step, timer, schedule or webhook acts until `palace resume --all`. From then on reads and idempotent acts run. A unique or irreversible act of a run that the backup knew is verified first, or waits for a person (`palace resolve`): the original may have done it after the backup.',
      'Never let the original and a released copy run at the same time.',
      'With PALACE_DATABASE_URL a backup that pg_dump took is restored by pg_restore into that database, which must be empty; NEWDIR gets the payloads. Restore only files that you made: pg_restore runs what is in them.',
    ],
    positionals: [{ name: 'FILE', summary: 'The backup.' }],
    flags: [
      { ...DATA_FLAG, placeholder: 'NEWDIR', default: 'none: it must be named', summary: 'The data folder to make.' },
      PASSPHRASE_FLAG,
      { name: 'without-key', kind: 'switch', summary: 'Leave out the keys in the backup; bring vault.key yourself.' },
      JSON_FLAG,
    ],
    examples: [{ line: 'restore /backups/palace-monday.tar --data /srv/palace', says: 'Then: palace up --data /srv/palace' }],
    exits: [0, 1, 2],
  },
];
