// A rolling upgrade and its way back under load: the previous release and this one over one database, one process replaced after the other.
//   node test/upgrade/rolling.ts [--seconds 6] [--clients 6]
// --seconds: how long each state of the cluster is kept. One JSON line; exit 1 on any failed request or any broken promise.
// I1 A request fails when it has no answer, or one of 429 or 5xx. The answer of a process that drains (503 unavailable.draining with
//    Retry-After) is followed, as every client does.
// I2 The books of the client and of the world outside are compared with the installation's at the end (test/chaos/checks.ts), and nothing
//    is in doubt: whoever is stopped in order lets its acts end.
// I3 Gateways go first on the way up and last on the way back: the newer one hides more of what happens behind it.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { verify } from '../chaos/checks.ts';
import type { Answer, Door } from '../chaos/door.ts';
import { PLAIN, SIGNAL } from '../chaos/flows.ts';
import { startLoad, type Session } from '../chaos/ledger.ts';
import { openRollingCluster, type Entry, type RollingCluster } from './houses.ts';
import { openPrevious, type Previous } from './previous.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '6' }, clients: { type: 'string', default: '6' } } });
const stayMs = Number(values.seconds) * 1_000;
const HELD = 30;
const LOAD_PAUSE_MS = 60;
const READ_EVERY_MS = 50;
const FINISH_LOOKS = 30;
const PRESENT: Entry = new URL('../../bin/palace.ts', import.meta.url).pathname;

const previous = openPrevious();
if ('skip' in previous) process.stdout.write(`SKIP rolling upgrade: ${previous.skip}\n`);
else process.exitCode = await play(previous);

interface Books {
  requests: number;
  /** Answers of draining processes that were followed. */
  followed: number;
  readonly failed: string[];
}

async function play(before: Previous): Promise<number> {
  const books: Books = { requests: 0, followed: 0, failed: [] };
  const cluster = await openRollingCluster(before.entry, ({ method, path }, answer) => count(books, `${method} ${path}`, answer));
  try {
    const verdict = await roll(cluster, before.entry);
    const ok = books.failed.length === 0 && verdict.inDoubt === 0 && verdict.violations.length === 0;
    const { violations, ...figures } = verdict;
    const { failed, ...counted } = books;
    const wrong = { ...(failed.length > 0 && { firstFailed: failed.slice(0, 10) }), ...(violations.length > 0 && { violations: violations.slice(0, 20) }) };
    say({ rolling: `${before.version} and back`, ok, ...counted, failed: failed.length, ...figures, ...wrong });
    return ok ? 0 : 1;
  } finally {
    await cluster.close();
    before.remove();
  }
}

function count(books: Books, asked: string, answer: Answer | undefined): void {
  books.requests += 1;
  if (answer !== undefined && answer.status < 500 && answer.status !== 429) return;
  if (answer?.status === 503 && answer.body['code'] === 'unavailable.draining' && answer.headers['retry-after'] !== undefined) books.followed += 1;
  else books.failed.push(`${asked}: ${answer === undefined ? 'no answer' : `${answer.status} ${JSON.stringify(answer.body)}`}`);
}

async function roll(cluster: RollingCluster, before: Entry): Promise<Awaited<ReturnType<typeof verify>>> {
  const { door, sink } = cluster;
  const load = startLoad(door, 'rolling', Number(values.clients), LOAD_PAUSE_MS);
  const reading = readAlong(door);
  const sessions: Session[] = [];
  await sleep(stayMs);
  const old = await hold(door, 'old');
  await cluster.replaceGateways(PRESENT);
  await replaceFlows(cluster, PRESENT);
  await showFinished(cluster);
  sessions.push(...(await goOn(door, old)), ...(await publishAndStart(door, '2.0.0')));
  const present = await hold(door, 'present');
  await sleep(stayMs);
  await replaceFlows(cluster, before);
  await cluster.replaceGateways(before);
  sessions.push(...(await goOn(door, present)), ...(await publishAndStart(door, '3.0.0')));
  await sleep(stayMs);
  reading.end();
  sessions.push(...(await load.finish()));
  return verify(door, sink, sessions);
}

async function replaceFlows(cluster: RollingCluster, entry: Entry): Promise<void> {
  for (let place = 0; place < cluster.flows; place++) {
    await cluster.replaceFlow(place, entry);
    await sleep(stayMs);
    if (place === 0) refuseToFinish(cluster);
  }
}

/** Both releases are alive. */
function refuseToFinish(cluster: RollingCluster): void {
  const { status, stderr } = upgrade(cluster, 'finish');
  if (status !== 1 || !stderr.includes('a release before 0.2.0')) throw new Error(`palace upgrade finish ended with ${status}: ${stderr}`);
}

/** Nothing of the old release is alive, and the new one has built its indexes under load. It is not finished for good: it goes back. */
async function showFinished(cluster: RollingCluster): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { stdout, stderr } = upgrade(cluster, '--json');
    const { nodes = [], missingIndexes = ['?'] } = (stdout === '' ? {} : JSON.parse(stdout)) as { nodes?: { older: boolean }[]; missingIndexes?: string[] };
    if (missingIndexes.length === 0 && nodes.every(({ older }) => !older)) return;
    if (attempt === FINISH_LOOKS) throw new Error(`The upgrade does not come to its end: ${stdout}${stderr}`);
    await sleep(1_000);
  }
}

function upgrade({ environment }: RollingCluster, word: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', PRESENT, 'upgrade', word], { env: environment, encoding: 'utf8' });
}

/** Runs that wait for a signal while the release changes under them. */
async function hold(door: Door, name: string): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let n = 0; n < HELD; n++) {
    const key = `held-${name}-${n}`;
    const { body } = await door.must('POST', '/v1/runs', { flow: SIGNAL, input: { n } }, key);
    sessions.push({ flow: SIGNAL, key, number: n, run: String(body['id']) });
  }
  return sessions;
}

async function goOn(door: Door, held: readonly Session[]): Promise<Session[]> {
  const signalled: Session[] = [];
  for (const session of held) {
    const { body } = await door.must('POST', `/v1/runs/${session.run}/signals`, { name: 'go', data: { n: session.number } }, `${session.key}-go`);
    signalled.push({ ...session, signal: String(body['id']) });
  }
  return signalled;
}

/** What one release compiled, the other runs. */
async function publishAndStart(door: Door, version: string): Promise<Session[]> {
  const [namespace, name] = PLAIN.split('/');
  const source = JSON.stringify({ document: { dsl: '1.0.3', namespace, name, version }, do: [{ out: { set: { n: '${ .n }', version } } }] });
  await door.must('POST', '/v1/flows', { source });
  const sessions: Session[] = [];
  for (let n = 0; n < HELD; n++) {
    const key = `published-${version}-${n}`;
    const { body } = await door.must('POST', '/v1/runs', { flow: PLAIN, input: { n } }, key);
    sessions.push({ flow: PLAIN, key, number: n, run: String(body['id']) });
  }
  return sessions;
}

function readAlong(door: Door): { end(): void } {
  let ended = false;
  void (async () => {
    while (!ended) {
      await door.ask('GET', '/v1/runs?limit=5');
      await sleep(READ_EVERY_MS);
    }
  })();
  return { end: () => (ended = true) };
}

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
