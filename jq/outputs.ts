// The last look at outputs before they leave: they must be JSON within the limits. Their size is estimated without
// writing them out; nesting must stay within what every reader of JSON can take; NaN becomes null and infinities the
// largest finite numbers, just as jq prints them.
import { exceed } from './errors.ts';
import { type Json, type JsonObject, put, utf8Length } from './json.ts';
import { MAX_OUTPUT_DEPTH } from './limits.ts';

/** The value itself, or a copy with its odd numbers replaced. Values that pass a limit raise JqError. */
export function finished(value: Json, outputBytes: number): Json {
  if (typeof value === 'number') return finite(value);
  const survey: Survey = { room: outputBytes, odd: false };
  inspect(survey, value, 0);
  if (survey.room < 0) exceed(`the outputs pass ${outputBytes} bytes`);
  return survey.odd ? replaced(value) : value;
}

interface Survey {
  room: number;
  odd: boolean;
}

function inspect(survey: Survey, value: Json, depth: number): void {
  switch (typeof value) {
    case 'string':
      survey.room -= 3 + (value.length < 1024 ? value.length : utf8Length(value));
      return;
    case 'number':
      survey.room -= 4;
      if (!Number.isFinite(value)) survey.odd = true;
      return;
    default:
      if (typeof value === 'object' && value !== null) inspectInside(survey, value, depth + 1);
      else survey.room -= 5;
  }
}

function inspectInside(survey: Survey, value: Json[] | JsonObject, depth: number): void {
  if (depth > MAX_OUTPUT_DEPTH) exceed(`an output nests deeper than ${MAX_OUTPUT_DEPTH} levels`);
  survey.room -= 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && survey.room >= 0; i++) inspect(survey, value[i] ?? null, depth);
    return;
  }
  for (const key of Object.keys(value)) {
    if (survey.room < 0) return;
    survey.room -= key.length + 4;
    inspect(survey, value[key] ?? null, depth);
  }
}

function finite(value: number): Json {
  if (Number.isFinite(value)) return value;
  return value !== value ? null : value > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
}

function replaced(value: Json): Json {
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(replaced);
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) put(copy, key, replaced(value[key] ?? null));
  return copy;
}
