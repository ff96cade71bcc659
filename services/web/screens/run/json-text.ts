// JSON that somebody writes: empty is nothing, and what is wrong is told with its place. Pure.

export type ReadJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly line: number; readonly column: number };

export function readJson(text: string): ReadJson {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const at = placeIn(text, error instanceof Error ? error.message : '');
    return { ok: false, ...at };
  }
}

/** Engines tell an offset, or a line and a column, or (at the end of the text) neither. */
function placeIn(text: string, message: string): { line: number; column: number } {
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place !== null) return { line: Number(place[1]), column: Number(place[2]) };
  const offset = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
