// A disk that is full: the whole product on a small file system that is filled up beside it, under load, and given room again.
//   node test/soak/disk-full.ts [--megabytes 600]
// What must hold: new starts are refused with 503 and the reason; a backup that finds no room says so and leaves no file;
// nothing acknowledged is lost; it goes on by itself once there is room, and a backup is taken.
// Needs the right to mount a tmpfs; where there is none it is skipped by name.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, readdirSync, openSync, readFileSync, rmSync, statfsSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDoor, type Door } from '../chaos/door.ts';
import { ENTRY, freePort, run, tail } from '../chaos/processes.ts';

const CLIENTS = 8;
const FULL_LIMIT_MS = 120_000;
const SHORT_MS = 8_000;
const WHOLE_LIMIT_MS = 120_000;
/** Left free when the load begins: what it needs is used up by the load and not by the filling. */
const LEFT_BYTES = 24_000_000;
const CHUNK = Buffer.alloc(1_048_576);
const FLOW = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'disk', name: 'full', version: '1.0.0' },
  do: [{ hear: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } }, { out: { set: { done: true } } }],
});

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '600' } } });

interface Seen {
  readonly violations: string[];
  readonly acknowledged: string[];
  reasons: number;
}

const place = mkdtempSync(join(tmpdir(), 'palace-disk-'));
if (!mount(place, Number(values.megabytes))) {
  process.stdout.write(`${JSON.stringify({ soak: 'disk-full', skip: 'a tmpfs cannot be mounted here' })}\n`);
  rmSync(place, { recursive: true });
  process.exit(0);
}
const filler = join(place, 'filler');
const outside = mkdtempSync(join(tmpdir(), 'palace-disk-log-'));
const seen: Seen = { violations: [], acknowledged: [], reasons: 0 };
try {
  await fillAndFree(seen);
} catch (error) {
  seen.violations.push(`${error instanceof Error ? error.message : String(error)} ${tail(join(outside, 'log'))}`);
} finally {
  execFileSync('umount', ['--lazy', place]);
  rmSync(place, { recursive: true, force: true });
  rmSync(outside, { recursive: true, force: true });
}
const { violations, acknowledged, reasons } = seen;
process.stdout.write(
  `${JSON.stringify({ soak: 'disk-full', ok: violations.length === 0, acknowledged: acknowledged.length, refusedWithReason: reasons, violations })}\n`,
);
process.exit(violations.length === 0 ? 0 : 1);

function mount(at: string, megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function fillAndFree({ violations, acknowledged }: Seen): Promise<void> {
  const data = join(place, 'data');
  const program = await run(['up', '--data', data, '--port', String(await freePort()), '--no-samples', '--no-console'], {
    dir: place,
    log: join(outside, 'log'),
    remove: () => undefined,
  });
  const door = openDoor(() => JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as { url: string; apiKey: string });
  try {
    await door.must('POST', '/v1/flows', { source: FLOW });
    fill(LEFT_BYTES);
    const load = startLoad(door, acknowledged);
    const reason = await reasonWithin(door, FULL_LIMIT_MS);
    if (reason === undefined) violations.push(`the disk was never full: ${statfsSync(place).bavail * statfsSync(place).bsize} bytes are free`);
    fill(0);
    await sleep(SHORT_MS);
    seen.reasons = await countRefusals(door, violations);
    await load.end();
    backUp(data, 'refused', violations);
    free();
    await goesOn(door, acknowledged, violations);
    backUp(data, 'taken', violations);
  } finally {
    door.close();
    await program.stop();
  }
}

/** Until so many bytes are free. */
function fill(leave: number): void {
  const file = openSync(filler, 'a');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(place);
      const room = bavail * bsize - leave;
      if (room <= 0 || writeSync(file, CHUNK, 0, Math.min(CHUNK.length, room)) === 0) return;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

function free(): void {
  truncateSync(filler, 0);
}

function startLoad(door: Door, acknowledged: string[]): { end(): Promise<void> } {
  let ending = false;
  let n = 0;
  const input = { filler: 'x'.repeat(30_000) };
  const client = async (): Promise<void> => {
    while (!ending) {
      n += 1;
      const answer = await door.ask('POST', '/v1/runs', { flow: 'disk/full', input }, `full-${n}`);
      if (answer?.status === 201) acknowledged.push(String(answer.body['id']));
      else await sleep(100);
    }
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    end: async () => {
      ending = true;
      await all;
    },
  };
}

/** On the file system that is full, or was. */
function backUp(data: string, wanted: 'refused' | 'taken', violations: string[]): void {
  const file = join(place, 'backup');
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: outside, LANG: 'C.UTF-8' };
  const { status, stderr } = spawnSync(process.execPath, [ENTRY, 'backup', file, '--data', data], { env, encoding: 'utf8', timeout: WHOLE_LIMIT_MS });
  const left = readdirSync(place).filter((name) => name.startsWith('backup'));
  if (wanted === 'taken') {
    if (status !== 0) violations.push(`with room again a backup ended with ${status}: ${stderr}`);
    return;
  }
  if (status === 0 || !stderr.includes('disk')) violations.push(`a backup on a full disk ended with ${status}: ${stderr}`);
  if (left.length > 0) violations.push(`a backup that found no room left ${left.join(', ')}`);
}

/** What a start is told; undefined when starts are taken all the time. */
async function reasonWithin(door: Door, limitMs: number): Promise<string | undefined> {
  for (const end = performance.now() + limitMs; performance.now() < end; await sleep(200)) {
    const answer = await door.ask('POST', '/v1/runs', { flow: 'disk/full', input: {} });
    if (answer?.status === 503 && isReason(answer.body)) return String(answer.body['detail']);
  }
  return undefined;
}

function isReason({ detail }: Readonly<Record<string, unknown>>): boolean {
  return String(detail).includes('disk');
}

/** While it is full: nothing is taken, and who asks is told why, or that the database is away while it starts again. */
async function countRefusals(door: Door, violations: string[]): Promise<number> {
  let reasons = 0;
  for (let n = 0; n < 20; n++) {
    const answer = await door.ask('POST', '/v1/runs', { flow: 'disk/full', input: { filler: 'x'.repeat(200_000) } });
    if (answer?.status === 503 && isReason(answer.body)) reasons += 1;
    else if (answer === undefined || answer.status < 500) violations.push(`a start on a full disk was answered ${answer?.status ?? 'not at all'}`);
    await sleep(100);
  }
  return reasons;
}

async function goesOn(door: Door, acknowledged: readonly string[], violations: string[]): Promise<void> {
  const answer = await door.until('POST', '/v1/runs', { flow: 'disk/full', input: {} }, 'afterwards', WHOLE_LIMIT_MS);
  if (answer.status !== 201) violations.push(`with room again a start was answered ${answer.status} ${JSON.stringify(answer.body)}`);
  for (const id of acknowledged) {
    const found = await door.until('GET', `/v1/runs/${id}`);
    if (found.status !== 200) violations.push(`the acknowledged run ${id} is answered ${found.status}`);
  }
  for (const id of acknowledged.slice(-20)) {
    await door.must('POST', `/v1/runs/${id}/signals`, { name: 'go' });
    const end = performance.now() + 30_000;
    while ((await door.until('GET', `/v1/runs/${id}`)).body['status'] !== 'completed') {
      if (performance.now() > end) return void violations.push(`the acknowledged run ${id} does not go on`);
      await sleep(100);
    }
  }
}
