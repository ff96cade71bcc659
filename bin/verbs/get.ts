// palace get: flows, flow, runs, run, schedules, halts, breaches, events, applies, apply, storage; as table, JSON or YAML.
import { documentText } from '@palace/flow/core/language/yaml-text.ts';
import { Api, type HistoryEvent, type Schedule } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { eventLine } from '../event-line.ts';
import { refused } from '../failure.ts';
import { haltName } from '../halt-text.ts';
import { findServer } from '../find-server.ts';
import { readPages, type Page } from '../pages.ts';
import { checkFlowRef, checkRunId } from '../references.ts';
import { runText } from '../run-report.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const PAGE = 200;
const MOST_ROWS = 100_000;

type Show = (call: Call, api: Api, subject: string) => Promise<void>;

/** Lists take no name; `one` says how to ask for one of them. */
const LISTS: Readonly<Record<string, { readonly show: Show; readonly one: string }>> = {
  flows: { show: flows, one: 'flow' },
  runs: { show: runs, one: 'run' },
  schedules: { show: schedules, one: 'schedules' },
  halts: { show: halts, one: 'halts' },
  breaches: { show: breaches, one: 'breaches' },
  applies: { show: applies, one: 'apply' },
  storage: { show: printStorage, one: 'storage' },
};
const ONES: Readonly<Record<string, { readonly show: Show; readonly needs: string; readonly list: string; readonly check: (name: string) => string }>> = {
  flow: { show: flow, needs: 'NAMESPACE/NAME', list: 'flows', check: checkFlowRef },
  run: { show: run, needs: 'a run id', list: 'runs', check: checkRunId },
  events: { show: events, needs: 'a run id', list: 'runs', check: checkRunId },
  apply: { show: apply, needs: 'the number of an apply', list: 'applies', check: checkNumber },
};

export async function execute(call: Call): Promise<ExitCode> {
  const [what = '', name] = call.args.positionals;
  const list = LISTS[what];
  const one = ONES[what];
  if (list !== undefined && name !== undefined)
    throw refused(`palace get ${what} takes no name.`, { next: `palace get ${list.one === what ? what : `${list.one} ${name}`}` });
  if (one !== undefined && name === undefined) throw refused(`palace get ${what} needs ${one.needs}.`, { next: `palace get ${one.list} lists them.` });
  const subject = one === undefined ? '' : one.check(name ?? '');
  if (call.args.has('as-check') && what !== 'run') throw refused(`palace get ${what} has no --as-check.`, { next: 'palace get run RUN --as-check' });
  await (list ?? one)?.show(call, new Api(new Client(findServer(call))), subject);
  return 0;
}

function checkNumber(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw refused(`"${oneLine(text, 40)}" is not the number of an apply.`, { next: 'palace get applies' });
}

async function flows(call: Call, api: Api): Promise<void> {
  const namespace = call.args.text('namespace');
  const items = await pages(call, (limit, cursor) => api.listFlows({ namespace, limit, cursor }));
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['FLOW', 'VERSION', 'PUBLISHED', 'TITLE'],
    items.map((one) => [`${one.namespace}/${one.name}`, one.version, one.publishedAt, one.title ?? '']),
  );
}

async function runs(call: Call, api: Api): Promise<void> {
  const filter = { flow: call.args.text('flow'), status: call.args.text('status') };
  const items = await pages(call, (limit, cursor) => api.listRuns({ ...filter, limit, cursor }));
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['RUN', 'FLOW', 'VERSION', 'STATUS', 'STARTED', 'ENDED'],
    items.map((one) => [one.id, one.flow, one.version, one.status, one.startedAt, one.endedAt ?? '']),
  );
}

async function halts(call: Call, api: Api): Promise<void> {
  const { items } = await api.halts();
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['HELD BACK', 'LEVEL', 'SINCE', 'BY', 'REASON'],
    items.map((one) => [haltName(one), one.level, one.since, one.by, one.reason ?? '']),
  );
}

async function breaches(call: Call, api: Api): Promise<void> {
  const { items } = await api.breaches(Math.min(PAGE, call.args.integer('limit') ?? 50));
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['INVARIANT', 'OUTCOME', 'LAST', 'TIMES', 'WHAT'],
    items.map((one) => [`${one.number} ${one.invariant}`, one.outcome, one.lastAt, String(one.times), oneLine(one.text)]),
  );
}

async function schedules(call: Call, api: Api): Promise<void> {
  const items = await pages(call, (limit, cursor) => api.listSchedules({ limit, cursor }));
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['FLOW', 'VERSION', 'SCHEDULE', 'NEXT', 'LAST', 'LAST RUN', 'WAITING', 'MISSED'],
    items.map((one) => [one.flow, one.version, one.schedule, nextText(one), one.last ?? '', one.lastRun ?? '', String(one.waiting), String(one.missed)]),
  );
}

async function applies(call: Call, api: Api): Promise<void> {
  const set = call.args.text('set');
  const items = await pages(call, (limit, cursor) => api.listApplies({ set, limit, cursor }));
  if (await structured(call, { items })) return;
  table(
    call.terminal,
    ['NUMBER', 'SET', 'TIME', 'BY', 'CREATED', 'CHANGED', 'PRUNED', 'SAME', 'COMMIT'],
    items.map((one) => [
      String(one.number),
      `${one.set ?? ''}${one.how === 'rollback' ? ' (rollback)' : ''}`,
      one.at,
      one.by,
      ...[one.created, one.changed, one.pruned, one.same].map(String),
      one.commit ?? '',
    ]),
  );
}

async function apply(call: Call, api: Api, number: string): Promise<void> {
  const record = await api.getApply(number);
  if (await structured(call, record)) return;
  const rows = [
    ['set', record.set ?? ''],
    ['how', record.how],
    ['time', record.at],
    ['by', record.by],
    ['commit', record.commit ?? ''],
    ['hash', record.hash],
  ];
  for (const [key = '', value = ''] of rows) if (value !== '') call.terminal.out(`${key.padEnd(8)} ${oneLine(value)}`);
  table(
    call.terminal,
    ['FLOW', 'VERSION', 'RESULT', 'HASH'],
    (record.items ?? []).map((one) => [one.name, one.version, one.action, one.hash.slice(0, 12)]),
  );
}

function nextText({ paused, next, waitsFor, kind }: Schedule): string {
  if (paused) return 'paused';
  return next ?? (kind === 'on' ? 'with an event' : waitsFor === undefined ? '' : `after ${waitsFor}`);
}

async function flow(call: Call, api: Api, ref: string): Promise<void> {
  const detail = await api.getFlow(ref);
  if (call.json || call.args.text('output') === 'yaml') return call.terminal.document(documentText(detail.source, call.json ? 'json' : 'yaml'));
  const rows = [
    ['flow', `${detail.namespace}/${detail.name}`],
    ['version', detail.version + (detail.latest ? ' (latest)' : '')],
    ['title', detail.title ?? ''],
    ['published', detail.publishedAt],
    ['hash', detail.hash],
    ...(detail.fetched ?? []).map(({ address, hash }) => ['fetched', `${address} (${hash.slice(0, 12)})`]),
  ];
  for (const [key = '', value = ''] of rows) call.terminal.out(`${key.padEnd(10)} ${oneLine(value)}`);
  call.terminal.note(`The document: ${call.program} get flow ${ref} -o yaml`);
}

async function run(call: Call, api: Api, id: string): Promise<void> {
  const detail = await api.getRun(id);
  if (call.args.has('as-check')) {
    const { printAsCheck } = await import('../run-as-check.ts');
    return printAsCheck(call, api, detail);
  }
  if (await structured(call, detail)) return;
  for (const line of runText(detail, call.program, api.client.server.flags)) call.terminal.out(line);
}

async function events(call: Call, api: Api, id: string): Promise<void> {
  const items: HistoryEvent[] = [];
  const most = call.args.integer('limit') ?? 50;
  let after: number | undefined = call.args.integer('after') ?? 0;
  while (after !== undefined && items.length < Math.min(most, MOST_ROWS)) {
    const page: { items: HistoryEvent[]; next?: number | undefined } = await api.history(id, after, Math.min(1000, most - items.length));
    items.push(...page.items);
    after = page.items.length === 0 ? undefined : page.next;
  }
  if (await structured(call, { items, ...(after === undefined ? {} : { next: after }) })) return;
  for (const event of items) call.terminal.out(eventLine(event));
  if (after !== undefined) call.terminal.note(`More: ${call.program} get events ${id} --after ${after} --limit ${most}`);
}

async function pages<T>(call: Call, ask: (limit: number, cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const most = Math.min(call.args.integer('limit') ?? 50, MOST_ROWS);
  const { items, next } = await readPages(most, (cursor, wanted) => ask(Math.min(PAGE, wanted), cursor));
  if (next !== undefined) call.terminal.note(`There are more; raise --limit (now ${most}).`);
  return items;
}

async function printStorage(call: Call, api: Api): Promise<void> {
  const storage = await api.storage();
  if (await structured(call, storage)) return;
  const { storageTable, storageText } = await import('../storage-report.ts');
  for (const line of storageText(storage)) call.terminal.out(line);
  table(call.terminal, ...storageTable(storage));
}

/** JSON and YAML are the same for every subject. False: the caller prints its table. */
async function structured(call: Call, value: unknown): Promise<boolean> {
  if (call.json) {
    call.terminal.out(jsonText(value, call.terminal.outIsTerminal ? 2 : 0));
    return true;
  }
  if (call.args.text('output') !== 'yaml') return false;
  const { stringify } = await import('yaml');
  call.terminal.document(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  return true;
}
