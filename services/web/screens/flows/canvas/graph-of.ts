// From a flow's document to the graph that the canvas draws. Pure.
// I1 Every step has one node, named by its JSON pointer: what a run, a mistake or a cursor speaks of is found by it.
// I2 The plain OWS that the API gives and the author's own text (kind: palace/v1) are read alike; what is not understood is drawn as a step.
// I3 Edges stay inside of one frame. What leaves a frame early ends in a mark of its own (`exit`, `end`).
// I4 A document may be as large as it likes: the graph is cut.
import type { FlowGraph, GraphEdge, GraphNode, MarkKind } from './flow-graph.ts';
import { aboutOf, catchRows, fieldsOf, isFields, kindOf, lineOf, listOf, rowsOf, type Fields } from './step-rows.ts';

export const MOST_NODES = 600;
export const BEGIN = '#begin';
export const END = '#end';

/** An edge whose end is not known yet. */
interface Loose {
  readonly from: string;
  readonly label?: string;
}
interface Jump extends Loose {
  readonly to: string;
}
/** A list of steps that is being drawn. */
interface List {
  readonly pointer: string;
  readonly frame: string | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly jumps: Jump[];
  readonly exits: Loose[];
  readonly ends: Loose[];
}
interface Drawing {
  readonly nodes: GraphNode[];
  readonly edges: GraphEdge[];
  cut: boolean;
}

export function graphOf(document: unknown): FlowGraph {
  const drawing: Drawing = { nodes: [{ type: 'mark', kind: 'begin', id: BEGIN, frame: undefined }], edges: [], cut: false };
  const root = newList(fieldsOf(document)['do'], '/do', undefined);
  const last = steps(drawing, fieldsOf(document)['do'], root, [{ from: BEGIN }]);
  drawing.nodes.push({ type: 'mark', kind: 'end', id: END, frame: undefined });
  connect(drawing, [...last, ...root.exits, ...root.ends], END, undefined);
  return drawing;
}

function newList(list: unknown, pointer: string, frame: string | undefined): List {
  const names = new Map<string, string>();
  for (const { name, pointer: found } of stepsIn(list, pointer)) names.set(name, found);
  return { pointer, frame, names, jumps: [], exits: [], ends: [] };
}

export interface StepPlace {
  readonly name: string;
  readonly pointer: string;
  readonly body: unknown;
}
/** The steps of a list: each is a map of one name. */
export function stepsIn(list: unknown, pointer: string): StepPlace[] {
  return listOf(list).flatMap((item, i) => {
    const [first] = Object.entries(fieldsOf(item));
    return first === undefined ? [] : [{ name: first[0], pointer: `${pointer}/${i}/${escape(first[0])}`, body: first[1] }];
  });
}
const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Gives what goes on behind the last step. */
function steps(drawing: Drawing, list: unknown, at: List, before: readonly Loose[]): readonly Loose[] {
  let coming = before;
  for (const place of stepsIn(list, at.pointer)) {
    if (drawing.nodes.length >= MOST_NODES) {
      drawing.cut = true;
      break;
    }
    connect(drawing, coming, place.pointer, at.frame);
    coming = step(drawing, place, at);
  }
  for (const { from, label, to } of at.jumps) {
    const known = drawing.nodes.some(({ id }) => id === to);
    if (known) connect(drawing, [{ from, ...(label !== undefined && { label }) }], to, at.frame);
  }
  return coming;
}

function connect(drawing: Drawing, loose: readonly Loose[], to: string, frame: string | undefined): void {
  for (const { from, label } of loose) {
    const id = `${from} > ${to}${label === undefined ? '' : ` ${label}`}`;
    if (drawing.edges.some((edge) => edge.id === id)) continue;
    drawing.edges.push({ id, from, to, frame, kind: 'next', ...(label !== undefined && { label }) });
  }
}

function step(drawing: Drawing, { name, pointer, body: given }: StepPlace, at: List): readonly Loose[] {
  const body = fieldsOf(given);
  const kind = kindOf(body);
  const parts = partsOf(kind, body, pointer);
  drawing.nodes.push({
    type: parts.length === 0 ? 'step' : 'frame',
    id: pointer,
    frame: at.frame,
    kind,
    name,
    about: aboutOf(kind, body),
    rows: rowsOf(kind, body),
  });
  drawParts(drawing, parts, pointer);
  if (kind === 'switch') return switchWays(body, pointer, at);
  if (kind === 'raise') return [];
  return way(body['then'] ?? (typeof body['onSuccess'] === 'string' ? body['onSuccess'] : undefined), { from: pointer }, at);
}

/** Where `then` leads: on, or to a step of the same list, or out of it. */
function way(then: unknown, from: Loose, at: List): readonly Loose[] {
  if (then === 'exit') at.exits.push(from);
  else if (then === 'end') at.ends.push(from);
  else if (typeof then === 'string' && then !== 'continue') {
    const to = at.names.get(then);
    if (to !== undefined) at.jumps.push({ ...from, to });
  } else return [from];
  return [];
}

function switchWays(body: Fields, pointer: string, at: List): readonly Loose[] {
  const cases = listOf(body['switch']).flatMap((one) => Object.entries(fieldsOf(one)));
  const onward = cases.flatMap(([name, value]) => way(fieldsOf(value)['then'], { from: pointer, label: lineOf(name) }, at));
  const hasDefault = cases.some(([, value]) => fieldsOf(value)['when'] === undefined);
  return hasDefault ? onward : [...onward, { from: pointer }];
}

/** What stands in a step: lists of steps, or branches. */
export type Part =
  | { readonly is: 'list'; readonly list: unknown; readonly pointer: string }
  | { readonly is: 'branches'; readonly list: unknown; readonly pointer: string }
  | {
      readonly is: 'lane';
      readonly id: string;
      readonly name: string;
      readonly given: Fields;
      readonly list: unknown;
      readonly pointer: string;
      readonly isError: boolean;
    };

export function partsOf(kind: string, body: Fields, pointer: string): readonly Part[] {
  const own = ownParts(kind, body, pointer);
  const shorthand = (['onError', 'onTimeout', 'onSuccess'] as const).flatMap((word): Part[] =>
    Array.isArray(body[word])
      ? [{ is: 'lane', id: `${pointer}#${word}`, name: word, given: {}, list: body[word], pointer: `${pointer}/${word}`, isError: word !== 'onSuccess' }]
      : [],
  );
  if (shorthand.length === 0) return own;
  return own.some(({ is }) => is === 'lane')
    ? [...own, ...shorthand]
    : [
        ...own.map((part): Part => ({ is: 'lane', id: `${pointer}#${kind}`, name: kind, given: {}, list: part.list, pointer: part.pointer, isError: false })),
        ...shorthand,
      ];
}

function ownParts(kind: string, body: Fields, pointer: string): readonly Part[] {
  if (kind === 'for' || kind === 'do') return [{ is: 'list', list: body['do'], pointer: `${pointer}/do` }];
  if (kind === 'fork') return [{ is: 'branches', list: fieldsOf(body['fork'])['branches'], pointer: `${pointer}/fork/branches` }];
  if (kind === 'listen' && isFields(body['foreach']) && Array.isArray(body['foreach']['do']))
    return [{ is: 'list', list: body['foreach']['do'], pointer: `${pointer}/foreach/do` }];
  if (kind !== 'try') return [];
  const caught = fieldsOf(body['catch']);
  if (!Array.isArray(caught['do'])) return [{ is: 'list', list: body['try'], pointer: `${pointer}/try` }];
  return [
    { is: 'lane', id: `${pointer}#try`, name: 'try', given: {}, list: body['try'], pointer: `${pointer}/try`, isError: false },
    { is: 'lane', id: `${pointer}#catch`, name: 'catch', given: caught, list: caught['do'], pointer: `${pointer}/catch/do`, isError: true },
  ];
}

function drawParts(drawing: Drawing, parts: readonly Part[], frame: string): void {
  for (const part of parts) {
    if (part.is === 'branches') branches(drawing, part, frame);
    else if (part.is === 'list') inner(drawing, part, frame);
    else {
      drawing.nodes.push({ type: 'lane', id: part.id, frame, name: part.name, rows: catchRows(part.given), isError: part.isError });
      inner(drawing, part, part.id);
    }
  }
  const lanes = parts.filter((part) => part.is === 'lane');
  const [tried] = lanes;
  for (const lane of lanes)
    if (lane.isError && tried !== undefined && tried !== lane)
      drawing.edges.push({ id: `${tried.id} > ${lane.id}`, from: tried.id, to: lane.id, frame, kind: 'error' });
}

/** I3 */
function inner(drawing: Drawing, { list, pointer }: { readonly list: unknown; readonly pointer: string }, frame: string): void {
  const at = newList(list, pointer, frame);
  steps(drawing, list, at, []);
  const mark = (kind: MarkKind, loose: readonly Loose[]): void => {
    if (loose.length === 0) return;
    const id = `${pointer}#${kind}`;
    drawing.nodes.push({ type: 'mark', kind, id, frame });
    connect(drawing, loose, id, frame);
  };
  mark('exit', at.exits);
  mark('end', at.ends);
}

function branches(drawing: Drawing, { list, pointer }: { readonly list: unknown; readonly pointer: string }, frame: string): void {
  const split = `${pointer}#split`;
  const join = `${pointer}#join`;
  const at = newList(list, pointer, frame);
  drawing.nodes.push({ type: 'mark', kind: 'split', id: split, frame });
  const ends = stepsIn(list, pointer).flatMap((place) => {
    if (drawing.nodes.length >= MOST_NODES) {
      drawing.cut = true;
      return [];
    }
    connect(drawing, [{ from: split }], place.pointer, frame);
    return step(drawing, place, at);
  });
  drawing.nodes.push({ type: 'mark', kind: 'join', id: join, frame });
  connect(drawing, [...ends, ...at.exits], join, frame);
}
