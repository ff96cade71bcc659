// How one list of lines becomes another: the shortest script of Myers (1986). Pure.
// I1 It ends in bounded time: lists that differ in more than MOST_STEPS lines are given up as all removed, all added, in the part that differs.

export type DiffKind = 'same' | 'removed' | 'added';
export interface DiffLine {
  readonly kind: DiffKind;
  readonly text: string;
  /** Numbers from 1 in the old and the new list; of a line that is in one alone, only that. */
  readonly before?: number;
  readonly after?: number;
}

const MOST_STEPS = 1_500;

export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const head = commonLength(before.length, after.length, (i) => before[i] === after[i]);
  const tail = commonLength(before.length - head, after.length - head, (i) => before[before.length - 1 - i] === after[after.length - 1 - i]);
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const kinds: DiffKind[] = [...same(head), ...script(a, b), ...same(tail)];
  return numbered(kinds, before, after);
}

export const diffTexts = (before: string, after: string): DiffLine[] => diffLines(linesOf(before), linesOf(after));
export const linesOf = (text: string): string[] => text.replace(/\r?\n$/, '').split(/\r?\n/);

const same = (count: number): DiffKind[] => Array.from({ length: count }, () => 'same');

function commonLength(a: number, b: number, isSame: (i: number) => boolean): number {
  const most = Math.min(a, b);
  let count = 0;
  while (count < most && isSame(count)) count += 1;
  return count;
}

function script(a: readonly string[], b: readonly string[]): DiffKind[] {
  const giveUp: DiffKind[] = [...a.map((): DiffKind => 'removed'), ...b.map((): DiffKind => 'added')];
  if (a.length === 0 || b.length === 0) return giveUp;
  const fronts = searched(a, b);
  return fronts === undefined ? giveUp : traced(fronts, a.length, b.length);
}

/** The farthest points reached with so many changes, by diagonal; undefined when it takes too many. */
function searched(a: readonly string[], b: readonly string[]): ReadonlyMap<number, number>[] | undefined {
  const fronts: ReadonlyMap<number, number>[] = [];
  let front = new Map<number, number>([[1, 0]]);
  for (let steps = 0; steps <= Math.min(a.length + b.length, MOST_STEPS); steps++) {
    fronts.push(front);
    const next = new Map<number, number>();
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      let x = goesDown(front, diagonal, steps) ? at(front, diagonal + 1) : at(front, diagonal - 1) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return fronts;
    }
    front = next;
  }
  return undefined;
}

const at = (front: ReadonlyMap<number, number>, diagonal: number): number => front.get(diagonal) ?? -1;
const goesDown = (front: ReadonlyMap<number, number>, diagonal: number, steps: number): boolean =>
  diagonal === -steps || (diagonal !== steps && at(front, diagonal - 1) < at(front, diagonal + 1));

function traced(fronts: readonly ReadonlyMap<number, number>[], endX: number, endY: number): DiffKind[] {
  const kinds: DiffKind[] = [];
  let x = endX;
  let y = endY;
  for (let steps = fronts.length - 1; steps >= 0; steps--) {
    const front = fronts[steps] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = goesDown(front, diagonal, steps);
    const fromDiagonal = down ? diagonal + 1 : diagonal - 1;
    const fromX = steps === 0 ? 0 : at(front, fromDiagonal);
    const fromY = steps === 0 ? 0 : fromX - fromDiagonal;
    while (x > fromX && y > fromY) {
      kinds.push('same');
      x -= 1;
      y -= 1;
    }
    if (steps > 0) kinds.push(down ? 'added' : 'removed');
    x = fromX;
    y = fromY;
  }
  return kinds.toReversed();
}

function numbered(kinds: readonly DiffKind[], before: readonly string[], after: readonly string[]): DiffLine[] {
  let old = 0;
  let fresh = 0;
  return kinds.map((kind): DiffLine => {
    if (kind === 'removed') return { kind, text: before[old++] ?? '', before: old };
    if (kind === 'added') return { kind, text: after[fresh++] ?? '', after: fresh };
    return { kind, text: before[old++] ?? '', before: old, after: ++fresh };
  });
}

/** A stretch of lines; one that is the same and far from any change is folded. */
export interface Hunk {
  readonly folded: boolean;
  readonly lines: readonly DiffLine[];
}

export function hunksOf(lines: readonly DiffLine[], context = 3): Hunk[] {
  const near = new Array<boolean>(lines.length).fill(false);
  lines.forEach(({ kind }, i) => {
    if (kind === 'same') return;
    for (let j = Math.max(0, i - context); j <= Math.min(lines.length - 1, i + context); j++) near[j] = true;
  });
  const hunks: { folded: boolean; lines: DiffLine[] }[] = [];
  lines.forEach((line, i) => {
    const folded = near[i] !== true;
    const last = hunks.at(-1);
    if (last?.folded === folded) last.lines.push(line);
    else hunks.push({ folded, lines: [line] });
  });
  // Folding one or two lines takes as much room as they do.
  return hunks.map((hunk) => (hunk.folded && hunk.lines.length < 3 ? { folded: false, lines: hunk.lines } : hunk));
}
