// Splits a text into the JSON values that stand in it one after another, as `jq` reads its input.
import { refused } from './failure.ts';

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /[^\s[\]{}",:]+/y;

/** Throws a refusal with line and column at the first place that is no JSON. */
export function* jsonValues(text: string): Generator<unknown> {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
    if (at >= text.length) return;
    const end = endOfValue(text, at);
    try {
      yield JSON.parse(text.slice(at, end)) as unknown;
    } catch (error) {
      if (error instanceof SyntaxError) throw notJson(text, at, error.message);
      throw error;
    }
    at = end;
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start] ?? '';
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start;
    return SCALAR.test(text) ? SCALAR.lastIndex : start + 1;
  }
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function notJson(text: string, start: number, message: string): Error {
  const inside = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
  const before = text.slice(0, start + inside).split('\n');
  return refused(`Standard input is not JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}.`, {
    next: 'Values are separated by spaces or line ends; names and texts stand in double quotes.',
  });
}
