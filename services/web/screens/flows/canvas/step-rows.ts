// What a card says of a step: its kind, and its settings as rows, in the words of the document. Pure.
// I1 Any value may stand anywhere: a document that is being written is as good as one that compiles.
import { plainText } from '../../../design/value-rows.ts';
import { STEP_KINDS, type Row, type StepKind } from './flow-graph.ts';

export type Fields = Readonly<Record<string, unknown>>;

const MOST_ROWS = 5;
const MOST_CHARACTERS = 160;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** `for` stands before `do`: a loop has both. */
const ORDER: readonly StepKind[] = ['for', ...STEP_KINDS.filter((kind) => kind !== 'for')];
export const kindOf = (body: Fields): StepKind => ORDER.find((kind) => Object.hasOwn(body, kind)) ?? 'unknown';

/** One line of any value: a text as it is, anything else as its JSON. */
export function lineOf(value: unknown): string {
  const whole = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const line = plainText(whole.slice(0, MOST_CHARACTERS * 2))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}

export function aboutOf(kind: StepKind, body: Fields): string {
  if (kind === 'call') return `call ${lineOf(body['call'])}`.trim();
  if (kind === 'run') return `run ${Object.keys(fieldsOf(body['run'])).find((key) => key !== 'await' && key !== 'return') ?? ''}`.trim();
  if (kind === 'listen') return `listen ${Object.keys(fieldsOf(fieldsOf(body['listen'])['to'])).find((key) => key !== 'until') ?? ''}`.trim();
  if (kind === 'fork') return fieldsOf(body['fork'])['compete'] === true ? 'fork, the first one wins' : 'fork';
  return kind === 'unknown' ? '…' : kind;
}

export function rowsOf(kind: StepKind, body: Fields): readonly Row[] {
  const own = OWN_ROWS[kind]?.(body) ?? [];
  return [...guards(body), ...own, ...settings(body)].filter(({ value }) => value !== '').slice(0, MOST_ROWS);
}

const row = (label: string, value: unknown): Row => ({ label, value: value === undefined ? '' : lineOf(value) });
const pick = (fields: Fields, names: readonly string[]): Row[] => names.flatMap((name) => (fields[name] === undefined ? [] : [row(name, fields[name])]));

const guards = (body: Fields): Row[] => pick(body, ['if', 'while']);

/** What every step may say, and the shorthand that stays on the card (lists of it are lanes). */
function settings(body: Fields): Row[] {
  const palace = fieldsOf(fieldsOf(body['metadata'])['palace']);
  const timeout = isFields(body['timeout']) ? body['timeout']['after'] : body['timeout'];
  const ways = ['onError', 'onTimeout', 'onSuccess'].filter((word) => typeof body[word] === 'string');
  return [
    ...pick(palace, ['effect', 'deadline']),
    ...(timeout === undefined ? [] : [row('timeout', durationText(timeout))]),
    ...pick(body, ['retry', 'fallback', ...ways]),
    ...pick({ 'output.as': fieldsOf(body['output'])['as'], 'export.as': fieldsOf(body['export'])['as'] }, ['output.as', 'export.as']),
  ];
}

const OWN_ROWS: Partial<Readonly<Record<StepKind, (body: Fields) => readonly Row[]>>> = {
  call: (body) => callRows(fieldsOf(body['with'])),
  set: (body) => (isFields(body['set']) ? Object.entries(body['set']).map(([key, value]) => row(key, value)) : [row('set', body['set'])]),
  wait: (body) => [row('wait', durationText(body['wait']))],
  for: (body) => pick(fieldsOf(body['for']), ['each', 'in', 'at']),
  raise: (body) => raiseRows(fieldsOf(body['raise'])['error']),
  emit: (body) => pick(fieldsOf(fieldsOf(fieldsOf(body['emit'])['event'])['with']), ['type', 'source', 'data']),
  listen: (body) => listenRows(fieldsOf(body['listen'])),
  run: (body) => runRows(fieldsOf(body['run'])),
  switch: (body) =>
    listOf(body['switch']).flatMap((one) =>
      Object.entries(fieldsOf(one)).map(([name, value]) => row(name, fieldsOf(value)['when'] ?? `→ ${lineOf(fieldsOf(value)['then'])}`)),
    ),
  // With steps of its own the catch is a lane, and says it there.
  try: (body) => (Array.isArray(fieldsOf(body['catch'])['do']) ? [] : catchRows(fieldsOf(body['catch']))),
};

function callRows(given: Fields): Row[] {
  const { method, endpoint, flow, operationId, document, body, items, ...others } = given;
  const address = isFields(endpoint) ? endpoint['uri'] : endpoint;
  const first = method === undefined ? pick({ endpoint: address }, ['endpoint']) : [row(lineOf(method).toUpperCase(), address)];
  const named =
    flow === undefined ? [] : [row('flow', isFields(flow) ? `${lineOf(flow['namespace'])}/${lineOf(flow['name'])}@${lineOf(flow['version'])}` : flow)];
  const where = document === undefined ? [] : [row('document', fieldsOf(document)['endpoint'] ?? document)];
  return [
    ...first,
    ...pick({ operationId, items }, ['operationId', 'items']),
    ...named,
    ...where,
    ...pick({ body, ...others }, ['body', ...Object.keys(others)]),
  ];
}

function raiseRows(error: unknown): Row[] {
  return isFields(error) ? pick(error, ['status', 'title', 'type', 'detail']) : [row('error', error)];
}

function listenRows(listen: Fields): Row[] {
  const to = fieldsOf(listen['to']);
  const filters = [to['one'], ...listOf(to['any']), ...listOf(to['all'])].filter((filter) => filter !== undefined);
  const types = filters.map((filter) => row('type', fieldsOf(fieldsOf(filter)['with'])['type'] ?? fieldsOf(filter)['with']));
  return [...types, ...pick(to, ['until']), ...pick(listen, ['read'])];
}

function runRows(run: Fields): Row[] {
  const flow = fieldsOf(run['workflow']);
  if (isFields(run['workflow']))
    return [row('flow', `${lineOf(flow['namespace'])}/${lineOf(flow['name'])}@${lineOf(flow['version'])}`), ...pick(flow, ['input']), ...pick(run, ['await'])];
  const process = fieldsOf(run['script'] ?? run['shell'] ?? run['container']);
  return [...pick(process, ['language', 'image', 'command', 'code', 'arguments', 'stdin']), ...pick(run, ['return'])];
}

/** What a catch takes, in a line or two. */
export function catchRows(caught: Fields): Row[] {
  const error = fieldsOf(fieldsOf(caught['errors'])['with']);
  const type = error['type'] === undefined ? [] : [row('type', lineOf(error['type']).split('/').at(-1))];
  return [...type, ...pick(error, ['status', 'title']), ...pick(caught, ['when', 'exceptWhen', 'as']), ...retryRows(caught['retry'])];
}

function retryRows(retry: unknown): Row[] {
  if (!isFields(retry)) return retry === undefined ? [] : [row('retry', retry)];
  const limit = fieldsOf(retry['limit']);
  const count = fieldsOf(limit['attempt'])['count'];
  const words = [
    count === undefined ? undefined : `${lineOf(count)} ×`,
    retry['delay'] === undefined ? undefined : durationText(retry['delay']),
    Object.keys(fieldsOf(retry['backoff']))[0],
    limit['duration'] === undefined ? undefined : `≤ ${durationText(limit['duration'])}`,
  ];
  return [row('retry', words.filter((word) => word !== undefined).join(' · '))];
}

const UNITS: readonly (readonly [name: string, short: string])[] = [
  ['days', 'd'],
  ['hours', 'h'],
  ['minutes', 'm'],
  ['seconds', 's'],
  ['milliseconds', 'ms'],
];

/** `{ hours: 1, minutes: 30 }` is 1 h 30 m; ISO 8601 stays as it is written. */
function durationText(duration: unknown): string {
  if (!isFields(duration)) return lineOf(duration);
  const parts = UNITS.flatMap(([name, short]) => (duration[name] === undefined ? [] : [`${lineOf(duration[name])} ${short}`]));
  return parts.length === 0 ? lineOf(duration) : parts.join(' ');
}
