// What must hold after a fault, checked over HTTP against the client's books and the books of the world outside.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Door } from './door.ts';
import { DOUBT, SIGNAL } from './flows.ts';
import type { Session } from './ledger.ts';
import type { Sink } from './sink.ts';

export interface Verdict {
  readonly runs: number;
  readonly signals: number;
  readonly inDoubt: number;
  readonly verified: number;
  /** Until everything had ended, after the fault. */
  readonly quietMs: number;
  readonly violations: readonly string[];
}

interface Detail {
  readonly id: string;
  readonly status: string;
  readonly output?: unknown;
  readonly waitingFor: readonly { kind: string; step: string }[];
}
interface Event {
  readonly seq: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

const QUIET_LIMIT_MS = 60_000;
const ENDED = new Set(['completed', 'failed', 'cancelled']);
const FINAL = new Set(['run.completed', 'run.failed', 'run.cancelled']);
const AT_ONCE = 8;

export async function verify(door: Door, sink: Sink, sessions: readonly Session[]): Promise<Verdict> {
  const begin = performance.now();
  const violations: string[] = [];
  const details = await quiet(door, sessions, violations);
  const quietMs = Math.round(performance.now() - begin);
  let inDoubt = 0;
  let verified = 0;
  await each(sessions, async (session) => {
    const detail = details.get(session.run);
    if (detail === undefined) return;
    const doubtful = detail.waitingFor.some((w) => w.kind === 'in-doubt');
    if (doubtful && session.flow === DOUBT) inDoubt += 1;
    else if (detail.status !== 'completed')
      violations.push(`${session.flow} ${session.run} is ${detail.status}${doubtful ? ' (in doubt, though verifiable)' : ''}`);
    const events = await historyOf(door, session.run);
    checkHistory(session.run, events, ENDED.has(detail.status), violations);
    if (events.some((e) => e.type === 'effect.completed' && e.data['how'] === 'verified')) verified += 1;
    await checkAcknowledged(door, session, events, violations);
    await checkOutside(door, sink, session, events, violations);
    if (doubtful && session.flow === DOUBT) await settle(door, sink, session, events, violations);
  });
  return { runs: sessions.length, signals: sessions.filter((s) => s.signal !== undefined).length, inDoubt, verified, quietMs, violations };
}

/** Until every acknowledged run has ended, or waits for a person's word about an act that nobody can verify. */
async function quiet(door: Door, sessions: readonly Session[], violations: string[]): Promise<Map<string, Detail>> {
  const details = new Map<string, Detail>();
  const end = performance.now() + QUIET_LIMIT_MS;
  let open = [...sessions];
  while (open.length > 0 && performance.now() < end) {
    const still: Session[] = [];
    await each(open, async (session) => {
      const answer = await door.until('GET', `/v1/runs/${session.run}`);
      if (answer.status === 404) return void violations.push(`acknowledged start lost: ${session.run} (${session.key})`);
      const detail = answer.body as unknown as Detail;
      details.set(session.run, detail);
      if (!ENDED.has(detail.status) && !detail.waitingFor.some((w) => w.kind === 'in-doubt')) still.push(session);
    });
    open = still;
    if (open.length > 0) await sleep(200);
  }
  for (const session of open) violations.push(await standsStill(door, session, details.get(session.run)));
  return details;
}

/** With what the engine itself knows of it. */
async function standsStill(door: Door, { flow, run }: Session, detail: Detail | undefined): Promise<string> {
  const { body: breaches } = await door.until('GET', '/v1/breaches');
  const events = (await historyOf(door, run)).map(
    ({ seq, type, data }) => `${seq} ${type}${data['attempt'] === undefined ? '' : ` ${String(data['attempt'])}`}`,
  );
  const known = { ...detail, breaches: breaches['items'], events: events.slice(-20) };
  return `${flow} ${run} did not end: ${JSON.stringify(known)}`;
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let at = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (at < items.length) {
        const item = items[at] as T;
        at += 1;
        await work(item);
      }
    }),
  );
}

export async function historyOf(door: Door, run: string): Promise<Event[]> {
  const events: Event[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const { body } = await door.must('GET', `/v1/runs/${run}/events?after=${after}&limit=1000`);
    events.push(...(body['items'] as Event[]));
    after = body['next'] as number | undefined;
  }
  return events;
}

/** No gap, no transition twice, one end. */
function checkHistory(run: string, events: readonly Event[], ended: boolean, violations: string[]): void {
  if (events.some((e, i) => e.seq !== i + 1)) violations.push(`history of ${run} has a gap: ${events.map((e) => e.seq).join(' ')}`);
  const finals = events.filter((e) => FINAL.has(e.type)).length;
  if (finals !== (ended ? 1 : 0)) violations.push(`${run} has ${finals} final events`);
  for (const type of ['step.entered', 'step.completed', 'effect.completed', 'child.ended', 'run.started']) {
    const acts = events.filter((e) => e.type === type).map((e) => e.data['act'] ?? 0);
    if (new Set(acts).size !== acts.length) violations.push(`${run} has ${type} twice for one act`);
  }
}

async function checkAcknowledged(door: Door, session: Session, events: readonly Event[], violations: string[]): Promise<void> {
  const again = await door.must('POST', '/v1/runs', { flow: session.flow, input: { n: session.number } }, session.key);
  if (again.body['id'] !== session.run) violations.push(`key ${session.key} gave ${session.run}, then ${String(again.body['id'])}`);
  if (session.flow !== SIGNAL) return;
  const heard = events.filter((e) => e.type === 'listen.received').length;
  if (heard !== 1) violations.push(`acknowledged signal of ${session.run} was heard ${heard} times`);
  const { body } = await door.must('GET', `/v1/commands/${String(session.signal)}`);
  if (body['state'] !== 'done') violations.push(`acknowledged signal ${String(session.signal)} is ${String(body['state'])}`);
}

/** Every unique act at most once by key and by step, and exactly once where the run went past it. */
async function checkOutside(door: Door, sink: Sink, session: Session, events: readonly Event[], violations: string[]): Promise<void> {
  for (const requested of events.filter((e) => e.type === 'effect.requested' && e.data['class'] === 'unique')) {
    const key = String(requested.data['key']);
    const done = events.some((e) => e.type === 'effect.completed' && e.data['act'] === requested.data['act']);
    const acts = sink.acts(key);
    if (acts > 1) violations.push(`unique act ${key} of ${session.run} took place ${acts} times`);
    if (done && acts !== 1) violations.push(`unique act ${key} of ${session.run} is confirmed and took place ${acts} times`);
  }
  for (const path of ['/unique', '/blind']) {
    const keys = sink.byStep.get(`${session.run} ${path}`) ?? [];
    if (keys.length > 1) violations.push(`the step ${path} of ${session.run} took place under ${keys.length} keys`);
  }
  const child = events.find((e) => e.type === 'child.requested')?.data['run'];
  if (typeof child === 'string') {
    const inner = await historyOf(door, child);
    checkHistory(child, inner, true, violations);
    await checkOutside(door, sink, { ...session, run: child }, inner, violations);
  }
}

/** The person looks at the remote's books and says what is there; then the run ends, and the act has taken place once. */
async function settle(door: Door, sink: Sink, session: Session, events: readonly Event[], violations: string[]): Promise<void> {
  const key = String(events.find((e) => e.type === 'effect.requested')?.data['key']);
  const outcome = sink.acts(key) > 0 ? 'done' : 'absent';
  await door.must('POST', `/v1/runs/${session.run}/effects/${encodeURIComponent(key)}`, { outcome, result: {} });
  const end = performance.now() + QUIET_LIMIT_MS;
  while (performance.now() < end) {
    const { body } = await door.must('GET', `/v1/runs/${session.run}?wait=2s`);
    if (body['status'] === 'completed') {
      if (sink.acts(key) !== 1) violations.push(`the settled act ${key} took place ${sink.acts(key)} times`);
      return;
    }
  }
  violations.push(`${session.run} did not end after its act was settled as ${outcome}`);
}
