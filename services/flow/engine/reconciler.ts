// Looks every minute for runs of the own shards that break an invariant (core/invariants.ts), mends what is safe, and tells the rest.
// I1 Safe is: to read a run again, to hand a row or timer over again, to give a place back, to set a row of a table that follows from the journal.
//    Nothing is decided here, and no act is begun that could have begun before: it goes the way of a restart.
// I2 Every read is bounded; long lists are read page by page, a page a pass (runs at work: all in each). A pass that fails is followed by the next one.
// I3 While everything is held back nothing is looked for: it is meant to stand still.
// Called by engine.ts (start, stop).
import { INVARIANTS, type Breach, type Invariant } from '../core/invariants.ts';
import { isGuarded } from '../core/release.ts';
import { openEffects, stepAt, type Run } from '../core/run.ts';
import { filtersOf, SIGNAL_PREFIX } from '../core/program.ts';
import { runStatus, waitingFor } from '../core/view.ts';
import { EVERY_TYPE } from '../store/port.ts';
import type { InvariantReads, Named } from '../store/invariants.ts';
import { INSTALLATION_TENANT } from '@palace/gateway/contract.ts';
import type { DurableHost, TimerRow } from '@palace/platform/durable/contract.ts';
import { fold, type Loading } from './loading.ts';
import type { EngineParts } from './parts.ts';
import type { Permits } from './permits.ts';
import { isIdle } from './slot.ts';

/** What takes longer is late. */
const LATE_MS = 30_000;
/** Runs that are folded to find out what they wait for, of one pass. */
const MOST_FOLDED = 50;

export interface ReconcilerParts {
  readonly parts: EngineParts;
  readonly reads: InvariantReads;
  readonly permits: Permits;
  readonly loading: Loading;
  readonly fire: DurableHost['fire'];
}

export interface Reconciler {
  start(): void;
  stop(): void;
  /** One pass; what it found. */
  pass(): Promise<readonly Breach[]>;
}

/** What one pass tells the next. */
interface Memory {
  /** Where the next page of a long list begins. */
  readonly pages: Map<Invariant, string>;
  /** Found in the pass before: what is merely on its way is not found twice. */
  suspects: ReadonlySet<string>;
  readonly found: Set<string>;
}

type Finder = (at: ReconcilerParts, shards: readonly number[], memory: Memory) => Promise<Breach[]>;

function isFoundAgain({ suspects, found }: Memory, invariant: Invariant, subject: string): boolean {
  const name = `${invariant} ${subject}`;
  found.add(name);
  return suspects.has(name);
}

const FINDERS: readonly Finder[] = [
  restingRuns,
  unreadRuns,
  overdueTimers,
  streamRows,
  commands,
  permitsHeld,
  subscriptions,
  queuedRuns,
  idleEffects,
  ownerless,
];

export function createReconciler(at: ReconcilerParts): Reconciler {
  const { parts } = at;
  const memory: Memory = { pages: new Map(), suspects: new Set(), found: new Set() };
  let ended = false;
  let cancel = (): void => undefined;

  async function pass(): Promise<readonly Breach[]> {
    const shards = parts
      .node()
      .owned()
      .map(({ shard }) => shard);
    if (shards.length === 0 || parts.halts.everything() !== undefined) return [];
    const found: Breach[] = [];
    for (const find of FINDERS) found.push(...(await find(at, shards, memory)));
    memory.suspects = new Set(memory.found);
    memory.found.clear();
    parts.heldStarts.look();
    for (const breach of found) tell(parts, breach);
    await keep(parts, found);
    return found;
  }

  function schedule(): void {
    cancel = parts.scheduler.after(parts.settings.reconcileMs, () => {
      void pass()
        .catch((error: unknown) => parts.log.warn('the invariants could not be looked at; the next pass follows', { error }))
        .finally(() => ended || schedule());
    });
  }

  return {
    start: schedule,
    stop() {
      ended = true;
      cancel();
    },
    pass,
  };
}

function tell({ log, metrics }: EngineParts, { invariant, outcome, shard, tenant, subject, text }: Breach): void {
  metrics.breaches.add(1, { invariant, outcome });
  const said = { invariant: INVARIANTS[invariant].number, name: invariant, outcome, shard, tenant, subject };
  if (outcome === 'reported') log.error(`an invariant is broken: ${text}`, said);
  else log.warn(`an invariant was broken and is mended: ${text}`, said);
}

/** By shard, under its fence; one that was lost meanwhile is the next owner's to find again. */
async function keep(parts: EngineParts, found: readonly Breach[]): Promise<void> {
  const atMs = parts.node().timeMs();
  for (const [shard, ofShard] of Map.groupBy(found, (breach) => breach.shard)) {
    for (const [tenant, breaches] of Map.groupBy(ofShard, (breach) => breach.tenant)) {
      const fence = parts.node().fence(shard) ?? parts.node().owned()[0];
      if (fence === undefined) return;
      const rows = breaches.map(({ invariant, subject, outcome, text }) => ({ shard: fence.shard, tenant, invariant, subject, outcome, text, at_ms: atMs }));
      await parts.node().submit({ fence, key: `breach/${shard}/${tenant}`, tenant, rows: { breach: rows } });
    }
  }
}

const breachOf = (invariant: Invariant, { shard, tenant, id }: Named, outcome: Breach['outcome'], text: string): Breach => ({
  invariant,
  shard,
  tenant,
  subject: id,
  outcome,
  text,
});

/** 1 */
async function restingRuns({ parts, reads }: ReconcilerParts, shards: readonly number[], { pages }: Memory): Promise<Breach[]> {
  const page = pages.get('resting-run') ?? '';
  const { rows, next } = await reads.restingWithoutRows(shards, page);
  const suspects = rows.filter(({ id }) => {
    const slot = parts.slots.get(id);
    return slot === undefined || isIdle(slot);
  });
  const looked = suspects.slice(0, MOST_FOLDED);
  pages.set('resting-run', looked.length < suspects.length ? (looked.at(-1)?.id ?? '') : next);
  const found: Breach[] = [];
  if (looked.length === 0) return found;
  const stored = await parts.store.load(
    shards,
    looked.map(({ id }) => id),
  );
  for (const one of stored) {
    const linked = one.row.status === 'waiting' ? await parts.programs.readable(one.row.tenant, one.row.hash) : undefined;
    if (linked === undefined || one.unread !== undefined) continue;
    const { run } = fold(one, linked);
    // The journal is read after the row: it may be further, or gone.
    if (runStatus(run) !== 'waiting') continue;
    // What moved on between the two reads has its rows by now.
    if (needsRows(run) && !(await reads.restingWithoutRows(shards, page)).rows.some(({ id }) => id === one.row.id)) continue;
    const breach = await judgeResting(parts, reads, one.row, run);
    if (breach !== undefined) found.push(breach);
  }
  return found;
}

const needsRows = (run: Run): boolean => run.timers.size > 0 || subscriptionsOf(run).length > 0;

/** What the journal says that it waits for, and the tables do not have. */
async function judgeResting(parts: EngineParts, reads: InvariantReads, row: Named, run: Run): Promise<Breach | undefined> {
  const { shard, tenant, id } = row;
  const timersSet = [...run.timers.values()].map((timer): TimerRow => ({ key: id, id: timer.id, tenant, dueMs: timer.dueMs }));
  const subscribe = subscriptionsOf(run).map(({ act, type }) => ({ run: id, act, type, shard, tenant }));
  if (timersSet.length + subscribe.length > 0) {
    const fence = parts.node().fence(shard);
    if (fence === undefined) return undefined;
    const what = [...(timersSet.length > 0 ? ['its timers'] : []), ...(subscribe.length > 0 ? ['its subscriptions'] : [])].join(' and ');
    await parts.node().submit({ fence, key: `mend/${id}`, tenant, rows: subscribe.length > 0 ? { subscribe } : {}, timersSet });
    return breachOf('resting-run', row, 'repaired', `${id} waits, and the tables had lost ${what}: they are set again.`);
  }
  const waits = waitingFor(run);
  if (waits.length === 0) {
    parts.give(shard, id, { command: { type: 'continue' }, tenant });
    return breachOf('resting-run', row, 'reported', `${id} waits for nothing that could come; its memory is read again.`);
  }
  const children = waits.flatMap(({ kind, name }) => (kind === 'run' && name !== undefined ? [name] : []));
  if (children.length === 0 || children.length < waits.length) return undefined;
  // A child that has just ended is on its way to tell it.
  const gone = await reads.ended([shard], children, parts.node().timeMs() - LATE_MS);
  if (gone.length < children.length) return undefined;
  return breachOf('resting-run', row, 'reported', `${id} waits for the end of ${gone[0]}, which has ended without telling it.`);
}

function subscriptionsOf(run: Run): { act: number; type: string }[] {
  return [...run.acts.values()].flatMap((act) => {
    const step = stepAt(run, act);
    if (act.own.kind !== 'listen' || !act.own.open || step.kind !== 'listen') return [];
    return [...new Set(filtersOf(step).map(({ type = EVERY_TYPE }) => type))]
      .filter((type) => !type.startsWith(SIGNAL_PREFIX))
      .map((type) => ({ act: act.id, type }));
  });
}

/** 2 */
async function unreadRuns({ parts, reads, loading }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const lost = (await reads.running(shards)).filter(({ id }) => parts.slots.get(id) === undefined);
  if (lost.length === 0) return [];
  // Read while it ended: then it is not running any more by now.
  const ids = lost.map(({ id }) => id);
  const still = new Set(await reads.stillRunning(shards, ids));
  return lost
    .filter(({ id }) => still.has(id) && parts.slots.get(id) === undefined)
    .map((row) => {
      loading.want(row.shard, row.tenant, row.id, undefined);
      return breachOf('unread-run', row, 'repaired', `${row.id} is at work and was in nobody's memory: it is read again.`);
    });
}

/** 3 */
async function overdueTimers({ parts, reads, fire }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const late = await reads.overdueTimers(shards, parts.node().timeMs() - LATE_MS);
  const free = late.filter(({ tenant, key }) => !isHeldSchedule(parts, tenant, key));
  for (const { shard, dueMs, ...timer } of free) fire(shard, [{ ...timer, dueMs }]);
  return free.map(({ shard, tenant, key, id, dueMs }) =>
    breachOf(
      'overdue-timer',
      { shard, tenant, id: key },
      'repaired',
      `The timer ${id} of ${key} was due at ${new Date(dueMs).toISOString()}: it is fired again.`,
    ),
  );
}

/** Its time waits for the end of a halt. */
function isHeldSchedule(parts: EngineParts, tenant: string, key: string): boolean {
  const prefix = `schedule/${tenant}/`;
  return key.startsWith(prefix) && parts.halts.over({ tenant, flow: key.slice(prefix.length) }) !== undefined;
}

/** 4 */
async function streamRows({ parts, reads }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const late = await reads.lateStreamRows(shards, LATE_MS);
  parts.node().look(late.map(({ shard }) => shard));
  return late.map(({ shard, tenant, key, kind, ageMs }) =>
    breachOf(
      'stream-row',
      { shard, tenant, id: key },
      'reported',
      `A row ${kind} for shard ${shard} has waited ${seconds(ageMs)} for its consumer, which is woken.`,
    ),
  );
}

/** 5 */
async function commands({ parts, reads }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const late = await reads.lateCommands(shards, LATE_MS);
  parts.node().look(late.map(({ shard }) => shard));
  return late.map(({ shard, tenant, key, kind, ageMs }) =>
    breachOf('inbox-row', { shard, tenant, id: key }, 'reported', `A ${kind} for ${key} has waited ${seconds(ageMs)} to be decided; its owner is woken.`),
  );
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** 6 */
async function permitsHeld({ reads, permits }: ReconcilerParts, shards: readonly number[], memory: Memory): Promise<Breach[]> {
  const held = shards.flatMap((shard) => permits.taken(shard).map((one) => ({ shard, ...one })));
  if (held.length === 0) return [];
  const ended = new Set(
    await reads.placeless(
      shards,
      held.map(({ run }) => run),
    ),
  );
  return held
    .filter(({ run }) => ended.has(run) && isFoundAgain(memory, 'permit-held', run))
    .map(({ shard, key, run }) => {
      permits.left(shard, key, run);
      const tenant = key.slice(0, key.indexOf('\n'));
      return breachOf('permit-held', { shard, tenant, id: run }, 'repaired', `${run} has ended and held a place: it is given back.`);
    });
}

/** 7 */
async function subscriptions({ parts, reads }: ReconcilerParts, shards: readonly number[], { pages }: Memory): Promise<Breach[]> {
  const { rows, next } = await reads.staleSubscriptions(shards, pages.get('subscription') ?? '');
  pages.set('subscription', next);
  const found: Breach[] = [];
  for (const [id, ofRun] of Map.groupBy(rows, (row) => row.id)) {
    const { shard, tenant } = ofRun[0] as (typeof rows)[number];
    const fence = parts.node().fence(shard);
    if (fence === undefined) continue;
    await parts.node().submit({ fence, key: `unsubscribe/${id}`, tenant, rows: { unsubscribe: ofRun.map(({ act }) => ({ run: id, act })) } });
    found.push(breachOf('subscription', { shard, tenant, id }, 'repaired', `${id} has ended and was subscribed to events: it is not any more.`));
  }
  return found;
}

/** 8 */
async function queuedRuns({ parts, reads, permits }: ReconcilerParts, shards: readonly number[], memory: Memory): Promise<Breach[]> {
  const found: Breach[] = [];
  for (const row of await reads.queued(shards, parts.node().timeMs() - LATE_MS)) {
    const limit = (await parts.programs.readable(row.tenant, row.hash))?.program.concurrency?.limit ?? 1;
    if (row.holders >= limit || parts.draining.has(row.shard) || !isFoundAgain(memory, 'queued-run', row.id)) continue;
    if (!permits.knows(row.shard, row.permit, row.id)) permits.enter(row.shard, row.tenant, { key: row.permit, limit }, row.id);
    // Its place is given; it was not told, or has forgotten.
    else if (permits.holds(row.shard, row.permit, row.id)) parts.give(row.shard, row.id, { command: { type: 'begin' }, tenant: row.tenant });
    permits.goOn(row.shard);
    found.push(
      breachOf('queued-run', row, 'repaired', `${row.id} waited in line although ${limit - row.holders} of ${limit} places were free: they are given out.`),
    );
  }
  return found;
}

/** 9 */
async function idleEffects({ parts }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const mine = new Set(shards);
  const found: Breach[] = [];
  for (const slot of parts.slots.values()) {
    if (!mine.has(slot.shard) || slot.gone || slot.fresh || !isIdle(slot) || parts.draining.has(slot.shard)) continue;
    for (const effect of openEffects(slot.run)) {
      if (effect.state === 'in-doubt') continue;
      if (effect.state === 'verifying') parts.effects.verifyLater(slot, effect);
      else if (isGuarded(effect)) parts.push(slot, { command: { type: 'effect-lost', act: effect.act, attempt: effect.attempt } });
      else parts.effects.begin(slot, effect);
      found.push(
        breachOf('idle-effect', slot, 'repaired', `An act of ${slot.id} (${effect.function}) was asked for and not under way: it goes on as after a restart.`),
      );
    }
  }
  return found;
}

/** 10: every owner sees it; whoever has the lowest shard tells it. */
async function ownerless({ reads }: ReconcilerParts, shards: readonly number[]): Promise<Breach[]> {
  const alone = await reads.ownerless(LATE_MS);
  const [teller = 0] = shards.toSorted((a, b) => a - b);
  return alone.map((shard) => ({
    invariant: 'shard-owner',
    shard: teller,
    tenant: INSTALLATION_TENANT,
    subject: `shard/${shard}`,
    outcome: 'reported',
    text: `Shard ${shard} has had no owner for more than ${LATE_MS / 1_000} s.`,
  }));
}
