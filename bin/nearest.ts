// "Did you mean": the nearest known word by Damerau-Levenshtein distance (insert, drop, change, swap neighbours).

export function distance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}

/** The nearest of `known`, when it is near enough to have been meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase().slice(0, 64);
  let best: { word: string; cost: number } | undefined;
  for (const candidate of known) {
    const cost = distance(typed, candidate.toLowerCase());
    if (best === undefined || cost < best.cost) best = { word: candidate, cost };
  }
  if (best !== undefined && best.cost <= Math.max(1, Math.floor(typed.length / 3))) return best.word;
  if (typed.length < 2) return undefined;
  return known.find((candidate) => candidate.toLowerCase().startsWith(typed)) ?? known.find((candidate) => candidate.length > 2 && typed.startsWith(candidate));
}
