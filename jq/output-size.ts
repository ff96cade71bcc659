// Checks an output before it leaves: an estimate of the JSON text it makes, without making it, and its nesting, which
// must stay within what every reader of JSON can take.
import { exceed } from './errors.ts';
import { type Json, utf8Length } from './json.ts';
import { MAX_OUTPUT_DEPTH } from './limits.ts';

const SMALL = 16;

/** Bytes of JSON, roughly; stops as soon as the room is used up. */
export function outputSize(value: Json, room: number): number {
  if (typeof value === 'string') return value.length * 3 <= room ? value.length + 2 : utf8Length(value) + 2;
  if (typeof value !== 'object' || value === null) return SMALL;
  return sizeInside(value, room, 1);
}

function sizeInside(value: Json[] | { [key: string]: Json }, room: number, depth: number): number {
  if (depth > MAX_OUTPUT_DEPTH) return exceed(`an output nests deeper than ${MAX_OUTPUT_DEPTH} levels`);
  let size = 2;
  const visit = (item: Json): void => {
    if (typeof item === 'string') size += (item.length < 1024 ? item.length : utf8Length(item)) + 3;
    else if (typeof item !== 'object' || item === null) size += 4;
    else size += 1 + sizeInside(item, room - size, depth + 1);
  };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && size <= room; i++) visit(value[i] ?? null);
    return size;
  }
  for (const key of Object.keys(value)) {
    if (size > room) return size;
    size += key.length + 3;
    visit(value[key] ?? null);
  }
  return size;
}
