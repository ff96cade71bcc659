// The nearest known name to a mistyped one, by edit distance with swapped neighbours counted once.

/** The nearest candidate within a third of the word's length, or undefined. Ties go to the first candidate. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const target = word.toLowerCase().slice(0, 64);
  const reach = Math.max(1, Math.floor(target.length / 3));
  let best: string | undefined;
  let bestDistance = reach + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > 1_000) break;
    if (candidate.length > 64 || Math.abs(candidate.length - target.length) >= bestDistance) continue;
    const distance = editDistance(target, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(word, candidates);
  return found === undefined ? undefined : `Did you mean "${found}"?`;
}

function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
