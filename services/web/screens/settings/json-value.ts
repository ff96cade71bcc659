// What somebody typed as a value, as the JSON that it stands for; or where it is wrong. Pure.
// I1 Only what the API takes as it is: a number that a double cannot hold and a name that stands twice are refused here, not after sending.

export const VALUE_KINDS = ['text', 'number', 'flag', 'json'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

export type Typed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: 'empty' | 'number' | 'json' | 'large'; readonly line?: number; readonly column?: number };

export const kindOf = (value: unknown): ValueKind =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'flag' : 'json';

/** As it stands in the field of its kind. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

export function readTyped(kind: ValueKind, typed: string): Typed {
  if (kind === 'text') return { ok: true, value: typed };
  const trimmed = typed.trim();
  if (trimmed === '') return { ok: false, why: 'empty' };
  if (kind === 'flag') return { ok: true, value: trimmed === 'true' };
  return kind === 'number' ? readNumber(trimmed) : readJson(typed);
}

function readNumber(typed: string): Typed {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(typed)) return { ok: false, why: 'number' };
  const value = Number(typed);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? { ok: true, value } : { ok: false, why: 'large' };
}

function readJson(typed: string): Typed {
  try {
    return { ok: true, value: JSON.parse(typed) as unknown };
  } catch (error) {
    return { ok: false, why: 'json', ...placeOf(typed, error instanceof Error ? error.message : '') };
  }
}

/** Engines say the place as a position, as line and column, or not at all. */
function placeOf(typed: string, message: string): { line?: number; column?: number } {
  const named = /line (\d+) column (\d+)/.exec(message);
  if (named !== null) return { line: Number(named[1]), column: Number(named[2]) };
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined && !/end of/i.test(message)) return {};
  const before = typed.slice(0, position === undefined ? undefined : Number(position)).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
