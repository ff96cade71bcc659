// Values: kinds, own properties, code points. Everything that touches a property of a value by a name that came from a
// program or from data goes through `own` and `put`:
//   I1  only own properties are read; `__proto__` and `constructor` are names like any other.
//   I2  values are never changed after they were handed out; an operation copies what it changes.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function kindOf(value: Json): Kind {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    default:
      return value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : 'object';
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** False and null are the two false values. */
export function truthy(value: Json): boolean {
  return value !== false && value !== null;
}

/** Names that a plain object inherits: reading them needs the slower own check. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

export function isInherited(key: string): boolean {
  return INHERITED.has(key);
}

export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function put(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

const SURROGATE = /[\ud800-\udfff]/;

/** True when UTF-16 units and code points are the same thing. */
export function isPlane0(text: string): boolean {
  return !SURROGATE.test(text);
}

export function codepointLength(text: string): number {
  if (isPlane0(text)) return text.length;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1))) i++;
    count++;
  }
  return count;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** Substring by code points. */
export function sliceCodepoints(text: string, start: number, end: number): string {
  if (isPlane0(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join('');
}

export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}
