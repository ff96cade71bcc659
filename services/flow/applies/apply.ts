// A set of documents published as one: all checked, then one transaction, or nothing at all. The same work, looked at only, is a plan.
// I1 Nothing is written before every document has been checked; what is written is one transaction, and what others hear of it follows its commit.
// I2 A plan runs in a transaction that PostgreSQL holds to reading.
// I3 Two applies of one set at once: the one that commits first wins. The other finds the set locked, or a newer record than when it began,
//    and is told; it changes nothing.
// I4 Prune removes members of its own set alone. With open runs it is refused, all of it, unless they are let go on to their end (`drain`):
//    a run keeps the program that it began with, so that nothing has to wait for them.
// I5 Locks are taken in one order: the set, then its things by name (as every publication does), then the number of the record.
import { createHash } from 'node:crypto';
import type { Sql } from '@palace/platform/database/port.ts';
import { PalaceError, type ErrorPlace } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import type { DocumentDiff } from '../core/document-diff.ts';
import { nextVersion, planSet, type Planned } from '../core/set-plan.ts';
import { checkEnvironment, type FlowParts } from '../parts.ts';
import type { applyBody, ApplyChange, ApplyKind, ApplyResult } from './contract.ts';
import type { Kept, Prepared } from './kind.ts';
import { KINDS } from './kinds.ts';
import { addMembers, keepRecord, lastApply, membersOf, ownersOf, removeMember, type HeldItem, type LastApply, type Member } from './records.ts';

export type ApplyTerms = z.output<typeof applyBody>;

/** What is to be published: from files, or from what was kept of an earlier apply. */
export interface Wish {
  readonly kind: ApplyKind;
  readonly prepared: Prepared;
}

export interface Doing {
  readonly tenant: string;
  readonly by: string;
  readonly how: 'apply' | 'rollback';
  readonly terms: Omit<ApplyTerms, 'items'>;
  readonly wishes: readonly Wish[];
  /** The newest apply of the set when this one began. */
  readonly base: LastApply | undefined;
  readonly writes: boolean;
}

/** Throws PalaceError; then nothing was changed. */
export async function applySet(parts: FlowParts, tenant: string, by: string, terms: ApplyTerms, writes: boolean): Promise<ApplyResult> {
  const base = await parts.platform.database.asTenant(tenant, (sql) => lastApply(sql, terms.set));
  if (terms.prune && terms.set === undefined) throw refusal('prune', 'Only a named set is pruned: say which with "set".');
  if (terms.drain && !terms.prune) throw refusal('drain', '"drain" says what becomes of open runs of what is pruned; it goes with "prune".');
  if (terms.environment !== undefined) await checkEnvironment(parts.platform, tenant, terms.environment);
  const wishes = await prepare(parts, tenant, terms, writes);
  return carryOut(parts, { tenant, by, how: 'apply', terms, wishes, base, writes });
}

const refusal = (path: string, message: string): PalaceError => new PalaceError('request.invalid', { errors: [{ path, message }] });

/** Throws `flow.invalid` with the mistakes of every document. */
async function prepare(parts: FlowParts, tenant: string, terms: ApplyTerms, fetch: boolean): Promise<Wish[]> {
  const wishes: Wish[] = [];
  const errors: ErrorPlace[] = [];
  const seen = new Map<string, string>();
  for (const [kind, items] of Map.groupBy(terms.items, (item) => item.kind)) {
    for (const [i, checked] of (await KINDS[kind].prepare(parts, tenant, items, fetch)).entries()) {
      const file = items[i]?.sourceName ?? `document ${i + 1}`;
      if (!checked.ok) {
        errors.push(...checked.errors.map((error) => ({ ...error, file })));
        continue;
      }
      const { prepared } = checked;
      const thing = `${kind} ${prepared.name} ${prepared.version}`;
      const twin = seen.get(thing);
      if (twin !== undefined) errors.push({ file, path: '', message: `${prepared.name} ${prepared.version} stands in ${twin} too. Leave one of them out.` });
      seen.set(thing, file);
      wishes.push({ kind, prepared });
    }
  }
  if (errors.length > 0) throw new PalaceError('flow.invalid', { detail: countOf(errors), errors: errors.slice(0, MOST_ERRORS) });
  return wishes;
}

const MOST_ERRORS = 200;

function countOf(errors: readonly ErrorPlace[]): string {
  const files = new Set(errors.map(({ file }) => file)).size;
  return `${files === 1 ? 'One document does' : `${files} documents do`} not compile; nothing was published.`;
}

export async function carryOut(parts: FlowParts, doing: Doing): Promise<ApplyResult> {
  const nowMs = parts.node.timeMs();
  const done = await parts.platform.database.asTenant(doing.tenant, async (sql) => {
    // I2
    if (!doing.writes) await sql.query('set transaction read only');
    return inTransaction(sql, doing, nowMs);
  });
  for (const { kind, name } of done.touched) KINDS[kind].announce(parts, doing.tenant, name);
  return done.result;
}

interface Done {
  readonly result: ApplyResult;
  readonly touched: readonly Member[];
}

async function inTransaction(sql: Sql, doing: Doing, nowMs: number): Promise<Done> {
  const { terms, wishes, tenant, writes } = doing;
  const { set } = terms;
  if (writes) await holdSet(sql, doing);
  const members = set === undefined ? [] : await membersOf(sql, set);
  const things = uniqueThings(wishes);
  const others = members.filter((member) => !things.some((one) => one.kind === member.kind && one.name === member.name));
  if (writes) for (const kind of kindsOf([...things, ...others])) await KINDS[kind].lock(sql, tenant, namesOf([...things, ...others], kind));
  if (set !== undefined && !terms.adopt) await refuseForeign(sql, things, set);
  const items: ApplyChange[] = [];
  const held: HeldItem[] = [];
  const touched: Member[] = [];
  for (const kind of kindsOf(things)) {
    const planned = await planKind(sql, doing, kind);
    for (const { change, wish } of planned) {
      items.push(change);
      held.push({ kind, name: change.name, version: change.version, hash: wish.prepared.hash, action: change.action });
    }
    if (writes) for (const name of await writeKind(sql, doing, kind, planned, nowMs)) touched.push({ kind, name });
  }
  for (const kind of kindsOf(others)) {
    const rest = await restOf(sql, doing, kind, namesOf(others, kind));
    items.push(...rest.items);
    held.push(...rest.held);
    if (writes && terms.prune) touched.push(...(await pruneKind(sql, doing, kind, namesOf(others, kind), nowMs)));
  }
  if (writes && set !== undefined) await addMembers(sql, tenant, set, things);
  const hash = hashOfSet(held);
  const changed = items.some(({ action }) => action !== 'same' && action !== 'left');
  const result = { ...(set !== undefined && { set }), changed, hash, items };
  const news = changed || doing.base?.hash !== hash || (terms.commit !== undefined && terms.commit !== doing.base?.commit);
  if (!writes || !news) return { result, touched };
  const number = await keepRecord(sql, tenant, {
    set,
    how: doing.how,
    atMs: nowMs,
    by: doing.by,
    commit: terms.commit,
    environment: terms.environment,
    hash,
    items: held,
  });
  return { result: { number, ...result }, touched };
}

/** I3 */
async function holdSet(sql: Sql, { terms: { set }, tenant, base }: Doing): Promise<void> {
  if (set === undefined) return;
  const { rows } = await sql.query<{ got: boolean }>('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as got', [`apply ${tenant} ${set}`]);
  if (rows[0]?.got !== true) throw new PalaceError('apply.conflict', { detail: `The set ${set} is being applied at this moment.` });
  const last = await lastApply(sql, set);
  if (last?.number !== base?.number) throw new PalaceError('apply.conflict', { detail: `The set ${set} was applied meanwhile (number ${last?.number}).` });
}

async function refuseForeign(sql: Sql, things: readonly Member[], set: string): Promise<void> {
  const foreign = await ownersOf(sql, things, set);
  if (foreign.length === 0) return;
  const named = foreign.map((one) => `${one.name} (${one.set})`).join(', ');
  throw new PalaceError('apply.owned', { detail: named });
}

function uniqueThings(wishes: readonly Wish[]): Member[] {
  const found = new Map(wishes.map(({ kind, prepared: { name } }) => [`${kind} ${name}`, { kind, name }]));
  return [...found.values()];
}

const kindsOf = (things: readonly Member[]): ApplyKind[] => [...new Set(things.map(({ kind }) => kind))].toSorted();
const namesOf = (things: readonly Member[], kind: ApplyKind): string[] => things.filter((one) => one.kind === kind).map(({ name }) => name);

interface PlannedWish {
  readonly wish: Wish;
  /** Undefined: it is refused, which only a plan has. */
  readonly plan: Planned | undefined;
  readonly change: ApplyChange;
}

/** Throws `flow.version-exists` with every document that changed under its version; a plan shows them. */
async function planKind(sql: Sql, { wishes, terms, writes }: Doing, kind: ApplyKind): Promise<PlannedWish[]> {
  const mine = wishes.filter((wish) => wish.kind === kind);
  const names = [...new Set(mine.map(({ prepared }) => prepared.name))];
  const wanted = mine.map(({ prepared }) => prepared);
  const published = await KINDS[kind].published(sql, names, wanted);
  const environments = terms.environment === undefined ? new Map<string, string>() : await KINDS[kind].environments(sql, names);
  const errors: ErrorPlace[] = [];
  const planned: PlannedWish[] = [];
  for (const [i, plan] of planSet(wanted, published).entries()) {
    const wish = mine[i] as Wish;
    if (!('conflict' in plan)) planned.push({ wish, plan, change: changeOf(kind, wish.prepared, plan, movesTo(wish, plan, terms.environment, environments)) });
    else {
      errors.push(conflictPlace(wish.prepared, plan.conflict.changes[0]?.path ?? ''));
      planned.push({ wish, plan: undefined, change: refusedChange(kind, wish.prepared, plan.conflict) });
    }
  }
  if (errors.length === 0 || !writes) return planned;
  throw new PalaceError('flow.version-exists', {
    detail: `${errors.length === 1 ? 'One document has' : `${errors.length} documents have`} other content under a version that is published; nothing was changed.`,
    errors,
  });
}

const conflictPlace = ({ name, version, sourceName }: Prepared, first: string): ErrorPlace => ({
  ...(sourceName !== undefined && { file: sourceName }),
  path: '/document/version',
  message: `${name} ${version} was published with other content (first difference: ${first === '' ? 'the whole document' : first}).`,
  suggestion: `Raise document.version, e.g. to ${nextVersion(version)}.`,
});

/** The environment that its triggers get, when that is news. */
function movesTo({ prepared: { name } }: Wish, { inForce }: Planned, wanted: string | undefined, now: ReadonlyMap<string, string>): string | undefined {
  return inForce && wanted !== undefined && wanted !== (now.get(name) ?? 'default') ? wanted : undefined;
}

function refusedChange(kind: ApplyKind, { name, version, sourceName }: Prepared, diff: DocumentDiff): ApplyChange {
  return { kind, name, version, action: 'refused', ...differences(diff), ...(sourceName !== undefined && { sourceName }), suggestion: nextVersion(version) };
}

const differences = ({ changes, more }: DocumentDiff): Pick<ApplyChange, 'changes' | 'more'> => ({ changes: [...changes], ...(more > 0 && { more }) });

function changeOf(kind: ApplyKind, prepared: Prepared, plan: Planned, environment: string | undefined): ApplyChange {
  const { name, version, sourceName, fetchedAtPublishing } = prepared;
  return {
    kind,
    name,
    version,
    action: plan.action === 'same' && environment !== undefined ? 'change' : plan.action,
    ...(plan.before !== undefined && { before: plan.before }),
    ...(plan.diff !== undefined && differences(plan.diff)),
    ...(environment !== undefined && { environment }),
    ...(sourceName !== undefined && { sourceName }),
    ...(!plan.known && fetchedAtPublishing.length > 0 && { fetchedAtPublishing: [...fetchedAtPublishing] }),
  };
}

/** The names of what was changed. */
async function writeKind(sql: Sql, { tenant }: Doing, kind: ApplyKind, planned: readonly PlannedWish[], nowMs: number): Promise<string[]> {
  const work = KINDS[kind];
  const names: string[] = [];
  const changed = planned.filter(({ change }) => change.action !== 'same');
  for (const [name, ofThing] of Map.groupBy(changed, ({ change }) => change.name)) {
    names.push(name);
    const inForce = planned.find(({ change, plan }) => change.name === name && plan?.inForce === true);
    await work.changing(sql, tenant, name, nowMs, async () => {
      for (const { plan, wish } of ofThing) if (plan?.known === false) await wish.prepared.store(sql, nowMs);
      if (inForce === undefined) return;
      const { prepared } = inForce.wish;
      const isLast = inForce.plan?.known === false && ofThing.at(-1) === inForce;
      if (!isLast) await work.putInForce(sql, tenant, name, prepared.version, prepared.hash, nowMs);
      if (inForce.change.environment !== undefined) await work.setEnvironment(sql, tenant, name, inForce.change.environment);
    });
  }
  return names;
}

/** Members of the set that are not among the documents. Throws `flow.in-use`. */
async function restOf(sql: Sql, { terms, writes }: Doing, kind: ApplyKind, names: readonly string[]): Promise<{ items: ApplyChange[]; held: HeldItem[] }> {
  const latest = new Map((await KINDS[kind].published(sql, names)).filter((one) => one.latest).map((one): [string, Kept] => [one.name, one]));
  const open = terms.prune ? await KINDS[kind].openRuns(sql, names) : new Map<string, number>();
  if (writes && open.size > 0 && !terms.drain) {
    const counted = [...open].map(([name, count]) => `${name} (${count})`).join(', ');
    throw new PalaceError('flow.in-use', {
      detail: `These have open runs and are not pruned: ${counted}. Nothing was changed. With --drain nothing new starts, and what is open goes on to its end.`,
    });
  }
  const items: ApplyChange[] = [];
  const held: HeldItem[] = [];
  const action = terms.prune ? 'prune' : 'left';
  // Of one that somebody deleted only the membership is left: it says nothing.
  for (const { name, version, hash } of latest.values()) {
    const openRuns = open.get(name);
    items.push({ kind, name, version, action, ...(openRuns !== undefined && { openRuns }) });
    held.push({ kind, name, version, hash, action });
  }
  return { items, held };
}

async function pruneKind(sql: Sql, { tenant }: Doing, kind: ApplyKind, names: readonly string[], nowMs: number): Promise<Member[]> {
  for (const name of names) {
    await KINDS[kind].changing(sql, tenant, name, nowMs, () => KINDS[kind].remove(sql, name));
    await removeMember(sql, { kind, name });
  }
  return names.map((name) => ({ kind, name }));
}

function hashOfSet(held: readonly HeldItem[]): string {
  const lines = held
    .filter(({ action }) => action !== 'prune')
    .map(({ kind, name, version, hash }) => `${kind} ${name} ${version} ${hash}`)
    .toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
