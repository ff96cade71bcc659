// Takes a backup of a running installation: the rows of one view of the database, the blobs that they name, the keys if asked for.
// I1 What is in the file is one moment: rows from one view, blobs by the references of that view (a blob is stored before the commit that names it).
// I2 The file appears whole or not at all (archive-writer.ts); memory holds one chunk, or one blob.
// I3 A blob that is gone or damaged although a row names it is counted and told, and does not stop the others from being kept.
// Called by bin/verbs/backup.ts.
import type { Blobs } from '../../blobs/port.ts';
import { asPalaceError } from '../failure.ts';
import { PalaceError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { countSealed, readSchemas, readSequences, type CatalogTable } from './catalog.ts';
import { copyOut, pack } from './copy-rows.ts';
import { BACKUP_FORMAT, type BackupEnd, type BackupHead, type BackupTable } from './core/head.ts';
import { LARGEST_ENTRY } from './core/tar.ts';
import { dumpDatabase, dumpProgram } from './dump.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { sealKeys, type InstallationKeys } from './sealed-keys.ts';

export interface BackupSource {
  /** Of somebody who sees all rows. */
  readonly databaseUrl: string;
  /** The rows are dumped by PostgreSQL's own tool instead of copied. */
  readonly byTools: boolean;
  readonly blobs: Blobs;
  readonly blobNamesKey: Secret<string>;
  readonly release: string;
  readonly keys?: { readonly given: InstallationKeys; readonly passphrase: Secret<string> };
  /** Told of each part as it begins. */
  readonly say?: (what: string) => void;
}

export interface TakenBackup {
  readonly path: string;
  readonly head: BackupHead;
  readonly end: BackupEnd;
}

const REFERENCES_A_PAGE = 1_000;

export async function takeBackup(file: string, source: BackupSource): Promise<TakenBackup> {
  const writer = await ArchiveWriter.open(file);
  try {
    const snapshot = await openSnapshot(source.databaseUrl);
    try {
      return await take(writer, source, snapshot);
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    await writer.abandon();
    throw asPalaceError(error);
  }
}

async function take(writer: ArchiveWriter, source: BackupSource, snapshot: Snapshot): Promise<TakenBackup> {
  const say = source.say ?? (() => undefined);
  // First of all: a passphrase that will not do should not be found out at the end.
  const keys = source.keys === undefined ? undefined : await sealKeys(source.keys.given, source.keys.passphrase);
  const head = await headOf(source, snapshot);
  await writer.add('head.json', Buffer.from(JSON.stringify(head)));
  const rows = source.byTools ? await keepDump(writer, source, snapshot, head, say) : await keepRows(writer, snapshot);
  say('the rows are kept, now the large payloads');
  const blobs = await keepBlobs(writer, source.blobs, snapshot);
  if (keys !== undefined) await writer.add('keys.json', keys);
  const end = await writer.finish({ rows, ...blobs, withKey: keys !== undefined });
  return { path: writer.path, head, end };
}

async function keepRows(writer: ArchiveWriter, { client, tables }: Snapshot): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const table of tables) {
    if (table.isParent) continue;
    const name = `${table.schema}.${table.name}`;
    let chunk = 0;
    rows[name] = await copyOut(client, table, (packed) => writer.add(`tables/${name}/${numbered(chunk++, 6)}.gz`, packed));
  }
  return rows;
}

async function keepDump(
  writer: ArchiveWriter,
  { databaseUrl: url }: BackupSource,
  { client }: Snapshot,
  { schemas }: BackupHead,
  say: (what: string) => void,
): Promise<Record<string, number>> {
  let chunk = 0;
  await dumpDatabase({ url, client, schemas }, say, (bytes) => writer.add(`dump/${numbered(chunk++, 6)}`, bytes));
  return {};
}

const numbered = (number: number, digits: number): string => String(number).padStart(digits, '0');

async function headOf({ release, blobNamesKey, byTools }: BackupSource, { client, tables, pointAt, serverVersion }: Snapshot): Promise<BackupHead> {
  const { rows } = await client.query<{ id: string }>('select id from palace.wrapping_key order by created_at');
  const { rows: counted } = await client.query<{ count: number }>('select count(*)::int as count from palace.data_key');
  return {
    format: BACKUP_FORMAT,
    product: 'AgentsPalace',
    release,
    pointAt: pointAt.toISOString(),
    postgres: serverVersion,
    schemas: await readSchemas(client),
    content: byTools
      ? { kind: 'dump', program: await dumpProgram(serverVersion) }
      : { kind: 'copy', tables: tables.filter((table) => !table.isParent).map(inHead), sequences: await readSequences(client) },
    blobNamesKey: blobNamesKey.reveal(),
    vault: { keys: rows.map(({ id }) => id), dataKeys: counted[0]?.count ?? 0, sealed: await countSealed(client, tables) },
  };
}

const inHead = ({ schema, name, columns, partition }: CatalogTable): BackupTable => ({ schema, name, columns, ...(partition !== undefined && { partition }) });

/** What the rows of the view name, whichever table says so: those called blob_ref. */
async function keepBlobs(writer: ArchiveWriter, blobs: Blobs, { client, tables }: Snapshot): Promise<Pick<BackupEnd, 'blobs' | 'blobsMissing'>> {
  let kept = 0;
  let missing = 0;
  for (const { schema, name, isParent, partition } of tables) {
    if ((partition?.parent ?? name) !== 'blob_ref' || isParent) continue;
    await client.query(`declare named no scroll cursor for select distinct tenant, hash from ${schema}.${name} order by 1, 2`);
    for (;;) {
      const { rows } = await client.query<{ tenant: string; hash: string }>(`fetch ${REFERENCES_A_PAGE} from named`);
      for (const { tenant, hash } of rows) {
        const content = await blobs.get(tenant, hash).catch(unlessChanged);
        if (content === undefined) missing += 1;
        else await writer.add(`blobs/${numbered(kept++, 9)}.gz`, await packBlob(tenant, hash, content));
      }
      if (rows.length < REFERENCES_A_PAGE) break;
    }
    await client.query('close named');
  }
  return { blobs: kept, blobsMissing: missing };
}

/** Content that does not fit its name any more is as good as gone; a store that does not answer is another matter. */
function unlessChanged(error: unknown): undefined {
  if (error instanceof PalaceError && error.code === 'internal') return undefined;
  throw error;
}

/** A line that says whose it is, then the content. */
async function packBlob(tenant: string, hash: string, content: Uint8Array): Promise<Buffer> {
  if (content.byteLength > LARGEST_ENTRY / 2)
    throw new PalaceError('backup.refused', {
      detail: `The payload ${hash.slice(0, 12)} has ${content.byteLength} bytes; a backup keeps at most ${LARGEST_ENTRY / 2} of one.`,
    });
  return pack(Buffer.concat([Buffer.from(`${JSON.stringify({ tenant, hash })}\n`), content]));
}
