// Reads a folder of migrations: `NNN-name.sql`, numbers from 1 without gaps. A first line
// `-- breaks releases before 0.3.0` says which releases cannot run beside it.
// Called by the services' start and by pg.ts for the schema `palace`.
import { readdirSync, readFileSync } from 'node:fs';
import { PalaceError } from '../errors.ts';
import type { Migration } from './port.ts';

/** `folder` is a URL that ends in a slash: `new URL('./migrations/', import.meta.url)`. */
export function loadMigrations(folder: URL): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((file, index) => {
    const [, digits, name] = /^(\d{3})-([a-z0-9-]+)\.sql$/.exec(file) ?? [];
    if (digits === undefined || name === undefined || Number(digits) !== index + 1) {
      throw new PalaceError('boot.database', { detail: `The migration ${file} should be ${String(index + 1).padStart(3, '0')}-name.sql.` });
    }
    const sql = readFileSync(new URL(file, folder), 'utf8');
    const breaksBefore = /^-- breaks releases before (\d+\.\d+\.\d+)\n/.exec(sql)?.[1];
    return { number: index + 1, name, sql, ...(breaksBefore !== undefined && { breaksBefore }) };
  });
}
