// An upper estimate of how much JSON text a value makes, without making it: stops as soon as the room is used up.
import { type Json, utf8Length } from './json.ts';

const SMALL = 16;

export function outputSize(value: Json, room: number): number {
  if (typeof value === 'string') return value.length * 3 <= room ? value.length + 2 : utf8Length(value) + 2;
  if (typeof value !== 'object' || value === null) return SMALL;
  let size = 2;
  const stack: Json[] = [value];
  for (let at = stack.pop(); at !== undefined && size <= room; at = stack.pop()) {
    if (typeof at === 'string') size += utf8Length(at) + 3;
    else if (typeof at !== 'object' || at === null) size += SMALL / 4;
    else if (Array.isArray(at)) {
      size += at.length + 2;
      for (const item of at) stack.push(item ?? null);
    } else {
      for (const key of Object.keys(at)) {
        size += key.length + 4;
        stack.push(at[key] ?? null);
      }
    }
  }
  return size;
}
