// A backup of a server under load, its end, and a new life elsewhere: real processes, a real remote that keeps its own books.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fileBlobs } from '../platform/blobs/files.ts';
import { blobNamesKey } from '../platform/blobs/names-key.ts';
import { startEmbedded } from '../platform/database/embedded.ts';
import { silentLog } from '../platform/database/testing.ts';
import { Secret } from '../platform/secret.ts';
import { palace, startPalace } from './backup/command.ts';
import { startBackupLoad, type Acknowledged } from './backup/load.ts';
import { storedState, type StoredState } from './backup/stored-state.ts';
import { openDoor, type Answer, type Door } from './chaos/door.ts';
import { DOUBT, PLAIN } from './chaos/flows.ts';
import { openOneProcess, type OneProcess } from './chaos/houses.ts';
import { run as runProgram, type Program } from './chaos/processes.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const PASSPHRASE = 'a fake passphrase of this test';
const LARGE = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'chaos', name: 'large', version: '1.0.0' },
  do: [{ fill: { set: { many: '${ [range(30000)] }' } } }],
});

interface Taken {
  readonly pointAt: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly blobs: number;
}

/** The folder at rest: looked at with a database of its own. */
async function lookAt(data: string): Promise<StoredState & { signals: ReadonlySet<string>; incarnations: number }> {
  const server = await startEmbedded({ dataDir: data, log: silentLog });
  const client = new pg.Client({ connectionString: server.url });
  try {
    await client.connect();
    const blobs = fileBlobs({ dir: join(data, 'blobs'), key: blobNamesKey(join(data, 'blobs'), new Secret('')) });
    const signals = await client.query<{ command_id: string }>('select command_id from flow.inbox');
    const lives = await client.query<{ count: number }>('select count(*)::int as count from palace.incarnation');
    return {
      ...(await storedState(server.url, blobs)),
      signals: new Set(signals.rows.map(({ command_id: id }) => id)),
      incarnations: lives.rows[0]?.count ?? 0,
    };
  } finally {
    await client.end();
    await server.stop();
  }
}

const doorOf = (data: string): Door => openDoor(() => JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as { url: string; apiKey: string });

describe('a server under load', () => {
  let house: OneProcess;
  let data = '';
  let file = '';
  let taken: Taken;
  let acknowledged: readonly Acknowledged[] = [];
  let copy = '';
  let restored: Program;
  let door: Door;
  /** Of the owner, signed in before the backup, and a link that nobody has used. */
  let cookie = '';
  let link = '';
  const tokenOf = ({ body }: Answer): string => String(body['url']).split('#token=')[1] ?? '';
  const command = (...words: string[]): ReturnType<typeof palace> => palace(words, house.folder.dir);

  beforeAll(async () => {
    house = await openOneProcess();
    data = join(house.folder.dir, 'data');
    file = join(house.folder.dir, 'backup.tar');
    copy = join(house.folder.dir, 'copy');
    await house.door.must('POST', '/v1/flows', { source: LARGE });
    for (let n = 0; n < 3; n++) await house.door.must('POST', '/v1/runs', { flow: 'chaos/large', input: {}, wait: '20s' });
    const signed = await house.door.must('POST', '/v1/sign-in/link', { token: tokenOf(await house.door.must('POST', '/v1/sign-in-links', {})) });
    cookie = String(signed.headers['set-cookie']).split(';')[0] ?? '';
    link = tokenOf(await house.door.must('POST', '/v1/sign-in-links', {}));
    await palace(['secret', 'set', 'token', '--data', data], house.folder.dir, 'a fake secret');
  });
  afterAll(async () => {
    door?.close();
    await restored?.stop();
    await house.close();
  });

  test('is backed up while it goes on', async () => {
    const load = startBackupLoad(house.door, 24);
    await sleep(3_000);
    const before = load.acknowledged.length;
    const beginMs = Date.now();
    const { exit, out, err } = await palace(['backup', file, '--data', data, '--with-key', '--json'], house.folder.dir, PASSPHRASE);
    const tookMs = Date.now() - beginMs;
    expect([exit, err.includes('bug')]).toEqual([0, false]);
    taken = JSON.parse(out) as Taken;
    const during = load.acknowledged.length - before;
    // What the original does after that is not in the backup.
    await sleep(1_500);
    // Not a graceful end: what it knows it knows no more.
    house.process().signal('SIGKILL');
    process.kill(house.postgresPid(), 'SIGKILL');
    await load.stop();
    acknowledged = load.acknowledged;
    process.stdout.write(
      `${JSON.stringify({ perSecondBefore: Math.round(before / 3), perSecondDuring: Math.round((during / tookMs) * 1000), tookMs, ...taken })}\n`,
    );
    // How many a second depends on the machine: the figures are printed.
    expect(before).toBeGreaterThan(50);
    expect(during).toBeGreaterThan(0);
    expect(taken.blobs).toBeGreaterThanOrEqual(3);
    expect(readFileSync(file).includes('a fake secret')).toBe(false);
  });

  test('is whole in the file; a changed file is found out and restored nowhere', async () => {
    expect(JSON.parse((await command('backup', '--verify', file, '--json')).out)).toMatchObject({ sha256: taken.sha256, withKey: true });
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.byteLength / 3);
    bytes[at] = (bytes[at] ?? 0) ^ 0x20;
    const other = join(house.folder.dir, 'changed.tar');
    writeFileSync(other, bytes);
    for (const words of [
      ['backup', '--verify', other],
      ['restore', other, '--data', copy],
    ])
      expect((await command(...words)).exit).toBe(1);
    expect(existsSync(copy)).toBe(false);
  });

  test('comes back with everything that was acknowledged before the point, and with clean rows', async () => {
    const { exit, out, err } = await palace(['restore', file, '--data', copy, '--json'], house.folder.dir, PASSPHRASE);
    expect([exit, err]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(out)).toMatchObject({ held: true, hasKey: true, pointAt: taken.pointAt });
    const state = await lookAt(copy);
    expect(state.faults).toEqual([]);
    expect(state.incarnations).toBe(2);
    const pointMs = Date.parse(taken.pointAt);
    const owed = acknowledged.filter(({ atMs }) => atMs < pointMs);
    expect(owed.length).toBeGreaterThan(50);
    expect(owed.filter(({ what, id }) => (what === 'run' ? !state.runs.has(id) : !state.signals.has(id)))).toEqual([]);
    // And the test is one: the original had gone on.
    expect(acknowledged.filter(({ what, id }) => what === 'run' && !state.runs.has(id)).length).toBeGreaterThan(0);
  });

  test('does nothing outside while it is held', async () => {
    const calls = house.sink.calls();
    restored = await runProgram(['up', '--data', copy, '--port', '0', '--no-samples', '--no-console'], house.folder);
    door = doorOf(copy);
    expect(await door.ask('POST', '/v1/runs', { flow: PLAIN, input: { n: 1 } })).toMatchObject({ status: 503, body: { code: 'unavailable.held' } });
    expect((await door.must('GET', '/v1/runs?limit=1')).body['items']).toHaveLength(1);
    await sleep(3_000);
    expect(house.sink.calls()).toBe(calls);
  });

  test('knows its people, and none of their sessions and links', async () => {
    const { url } = JSON.parse(readFileSync(join(copy, 'credentials.json'), 'utf8')) as { url: string };
    expect((await fetch(new URL('/v1/me', url), { headers: { cookie } })).status).toBe(401);
    expect((await door.ask('POST', '/v1/sign-in/link', { token: link }))?.status).toBe(401);
    expect((await door.must('GET', '/v1/people')).body['items']).toMatchObject([{ name: 'Owner', role: 'owner' }]);
  });

  test('goes on when it is let go, and no unique act takes place twice, whatever the original did', async () => {
    const lifted = await command('resume', '--all', '--data', copy);
    expect([lifted.exit, lifted.err]).toEqual([0, expect.any(String)]);
    // The log goes on under the key that came along.
    expect((await command('audit', 'verify', '--data', copy)).exit).toBe(0);
    let doubtful = 0;
    for (let quiet = 0; quiet < 3; await sleep(500)) {
      const open = await openRuns(door);
      let moved = false;
      for (const { id, flow } of open) {
        const { body } = await door.must('GET', `/v1/runs/${id}`);
        const waits = body['waitingFor'] as { kind: string; key?: string }[] | undefined;
        const doubt = waits?.some(({ kind }) => kind === 'in-doubt') === true;
        if (doubt && flow === DOUBT) {
          doubtful += 1;
          moved = true;
          await settle(id);
        } else if (body['status'] === 'running') moved = true;
        else if (doubt) throw new Error(`${flow} ${id} is in doubt, though it can be verified`);
      }
      quiet = moved ? 0 : quiet + 1;
    }
    expect(doubtful).toBeGreaterThan(0);
    for (const [step, keys] of house.sink.byStep) {
      if (!/ \/(?:unique|blind)$/.test(step)) continue;
      expect([step, keys.length, house.sink.acts(keys[0] ?? '')]).toEqual([step, 1, 1]);
    }
  });

  test('is clean at the end as well, with runs of its own', async () => {
    const started = await door.must('POST', '/v1/runs', { flow: DOUBT, input: { n: 0 } });
    await vi.waitFor(async () => expect((await door.must('GET', `/v1/runs/${String(started.body['id'])}`)).body['status']).toBe('completed'), 30_000);
    expect((await command('doctor', '--data', copy)).out).toContain('none was taken yet');
    expect((await command('backup', join(house.folder.dir, 'again.tar'), '--data', copy)).exit).toBe(0);
    expect((await command('doctor', '--data', copy)).out).toMatch(/backup +0 hours ago/);
    await restored.stop();
    expect((await lookAt(copy)).faults).toEqual([]);
  });

  /** The person looks at the remote's books and says what is there. */
  async function settle(id: string): Promise<void> {
    const { body } = await door.must('GET', `/v1/runs/${id}/events?limit=1000`);
    const doubted = (body['items'] as { type: string; data: Record<string, unknown> }[]).findLast(({ type }) => type === 'effect.doubted');
    const key = String(doubted?.data['key']);
    await door.must('POST', `/v1/runs/${id}/effects/${key}`, house.sink.acts(key) > 0 ? { outcome: 'done', result: {} } : { outcome: 'absent' });
    await vi.waitFor(async () => expect((await door.must('GET', `/v1/runs/${id}`)).body['status']).toBe('completed'), 20_000);
  }
});

async function openRuns(door: Door): Promise<{ id: string; flow: string }[]> {
  const found: { id: string; flow: string }[] = [];
  for (const status of ['running', 'waiting']) {
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await door.must('GET', `/v1/runs?status=${status}&limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
      found.push(...(body['items'] as { id: string; flow: string }[]));
      cursor = body['next'] as string | undefined;
    }
  }
  return found;
}

describe('the command line', () => {
  const home = `/tmp/palace-backup-${process.pid}`;
  const data = join(home, 'data');
  const command = (...words: string[]): ReturnType<typeof palace> => palace(words, home);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test('keeps an empty installation, also while its server is down, and restores a restored one', async () => {
    const folder = { dir: home, log: `${home}.log`, remove: () => undefined };
    const program = await runProgram(['up', '--data', data, '--port', '0', '--no-samples', '--no-console'], folder);
    await program.stop();
    const files = [join(home, 'one.tar'), join(home, 'two.tar')] as const;
    const copies = [join(home, 'one'), join(home, 'two')] as const;
    expect(await command('backup', files[0], '--data', data)).toMatchObject({ exit: 0, out: expect.stringContaining('without the keys') });
    expect((await command('backup', files[0], '--data', data)).err).toContain('replaces nothing');
    const first = await command('restore', files[0], '--data', copies[0]);
    // Nothing was ever sealed: no key is missed.
    expect([first.exit, first.out.includes('no key')]).toEqual([0, false]);
    expect(await command('backup', files[1], '--data', copies[0])).toMatchObject({ exit: 0 });
    expect(await command('restore', files[1], '--data', copies[1])).toMatchObject({ exit: 0 });
    const state = await lookAt(copies[1]);
    expect([state.faults, state.runs.size, state.incarnations]).toEqual([[], 0, 3]);
    const again = await runProgram(['up', '--data', copies[1], '--port', '0', '--no-samples', '--no-console'], folder);
    await again.stop();
  });

  test('killed in the middle leaves no file under the name, and the next try needs no help', async () => {
    const file = join(home, 'killed.tar');
    const backup = startPalace(['backup', file, '--data', data], home);
    await vi.waitFor(() => expect(existsSync(`${file}.partial`)).toBe(true), { timeout: 30_000, interval: 2 });
    backup.child.kill('SIGKILL');
    await backup.ended;
    expect(existsSync(file)).toBe(false);
    expect(await command('backup', file, '--data', data)).toMatchObject({ exit: 0 });
    expect([existsSync(`${file}.partial`), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    const copy = join(home, 'killed');
    const restore = startPalace(['restore', file, '--data', copy], home);
    await vi.waitFor(() => expect(existsSync(`${copy}.restoring/postgres/postmaster.pid`)).toBe(true), { timeout: 60_000, interval: 5 });
    restore.child.kill('SIGKILL');
    await restore.ended;
    expect(existsSync(copy)).toBe(false);
    expect(await command('restore', file, '--data', copy)).toMatchObject({ exit: 0 });
    expect(existsSync(`${copy}.restoring`)).toBe(false);
  });

  test('says what is missing, word by word', async () => {
    const file = join(home, 'killed.tar');
    for (const [words, said] of [
      [['backup', join(home, 'x.tar'), '--data', join(home, 'nothing')], 'holds no installation'],
      [['backup', join(home, 'none', 'x.tar'), '--data', data], 'its folder does not exist'],
      [['backup', '--verify', join(home, 'nothing.tar')], 'There is no file'],
      [['backup', '--verify', file, '--with-key'], 'needs no passphrase'],
      [['restore', file], 'Where to?'],
      [['restore', file, '--data', data], 'replaces nothing'],
    ] as const) {
      const { exit, err } = await command(...words);
      expect([exit === 0, err]).toEqual([false, expect.stringContaining(said)]);
    }
    expect(existsSync(join(home, 'nothing'))).toBe(false);
  });
});
