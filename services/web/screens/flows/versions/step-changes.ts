// How the steps of one version differ from those of another, for a drawing of each. Pure.
// I1 A step is the same step where its name and the names around it are the same: its number in the list may change.
// I2 What stands inside of a step is compared by itself: a loop whose body changed is not changed.
import type { StepChange } from '../canvas/step-mark.ts';
import { partsOf, stepsIn } from '../canvas/graph-of.ts';
import { fieldsOf, isFields, kindOf, type Fields } from '../canvas/step-rows.ts';
import { diffLines } from './line-diff.ts';

export interface StepChanges {
  /** By the pointers of the old document: removed, changed, moved. */
  readonly before: ReadonlyMap<string, StepChange>;
  /** By the pointers of the new one: added, changed, moved. */
  readonly after: ReadonlyMap<string, StepChange>;
}

interface Found {
  readonly pointer: string;
  readonly own: string;
}
interface Walked {
  readonly steps: ReadonlyMap<string, Found>;
  /** Keys of the steps of each list, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

export function stepChanges(old: unknown, fresh: unknown): StepChanges {
  const a = walked(old);
  const b = walked(fresh);
  const before = new Map<string, StepChange>();
  const after = new Map<string, StepChange>();
  for (const [key, { pointer, own }] of a.steps) {
    const other = b.steps.get(key);
    if (other === undefined) before.set(pointer, 'removed');
    else if (other.own !== own) both(before, after, pointer, other.pointer, 'changed');
  }
  for (const [key, { pointer }] of b.steps) if (!a.steps.has(key)) after.set(pointer, 'added');
  for (const key of moved(a, b)) {
    const from = a.steps.get(key)?.pointer ?? '';
    if (!before.has(from)) both(before, after, from, b.steps.get(key)?.pointer ?? '', 'moved');
  }
  return { before, after };
}

function both(before: Map<string, StepChange>, after: Map<string, StepChange>, from: string, to: string, change: StepChange): void {
  before.set(from, change);
  after.set(to, change);
}

/** In both lists, but not in the order that most of them keep. */
function moved(a: Walked, b: Walked): string[] {
  return [...a.lists].flatMap(([list, keys]) => {
    const others = b.lists.get(list) ?? [];
    const common = [keys.filter((key) => others.includes(key)), others.filter((key) => keys.includes(key))] as const;
    return diffLines(...common).flatMap(({ kind, text }) => (kind === 'removed' ? [text] : []));
  });
}

function walked(document: unknown): Walked {
  const steps = new Map<string, Found>();
  const lists = new Map<string, string[]>();
  const walk = (list: unknown, pointer: string, key: string): void => {
    const keys: string[] = [];
    lists.set(key, keys);
    for (const place of stepsIn(list, pointer)) {
      const body = fieldsOf(place.body);
      const own = uniqueKey(steps, `${key}/${place.name}`);
      keys.push(own);
      steps.set(own, { pointer: place.pointer, own: canonical(withoutInside(body)) });
      for (const part of partsOf(kindOf(body), body, place.pointer)) walk(part.list, part.pointer, `${own}${part.pointer.slice(place.pointer.length)}`);
    }
  };
  walk(fieldsOf(document)['do'], '/do', '/do');
  return { steps, lists };
}

function uniqueKey(steps: ReadonlyMap<string, Found>, key: string): string {
  if (!steps.has(key)) return key;
  let nth = 2;
  while (steps.has(`${key} ${nth}`)) nth += 1;
  return `${key} ${nth}`;
}

/** I2 */
function withoutInside(body: Fields): Fields {
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]): [string, unknown][] => {
      if (INSIDE.has(key) && Array.isArray(value)) return [];
      const inner = INNER[key];
      if (inner === undefined || !isFields(value)) return [[key, value]];
      return [[key, Object.fromEntries(Object.entries(value).filter(([name]) => name !== inner))]];
    }),
  );
}
const INSIDE: ReadonlySet<string> = new Set(['do', 'try', 'onError', 'onTimeout', 'onSuccess']);
const INNER: Readonly<Record<string, string>> = { fork: 'branches', catch: 'do', foreach: 'do' };

/** JSON with its keys in order: the store keeps none. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isFields(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
