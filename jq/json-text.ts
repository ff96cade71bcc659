// Values to JSON text, in jq's spelling: shortest digits that read back the same number, NaN as null, infinities as the
// largest finite numbers, `<skipped: too deep>` below 10,000 levels. Works without recursion, because a value may be
// nested deeper than the stack.
import { type Json, type JsonObject, utf8Length } from './json.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';

export function numberToText(value: number): string {
  if (value !== value) return 'null';
  if (value === Infinity) return '1.7976931348623157e+308';
  if (value === -Infinity) return '-1.7976931348623157e+308';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-4 && magnitude < 1e16)) return String(value);
  return layOut(value);
}

/** The layout of David Gay's `freedtoa` as jq uses it: plain up to 15 zeros after the digits, else an exponent of two digits. */
function layOut(value: number): string {
  const sign = value < 0 ? '-' : '';
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(power) + 1;
  if (point <= -4 || point > digits.length + 15) {
    const exponent = point - 1;
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

const PLAIN_STRING = /^[ !#-[\]-~]*$/;

export function stringToText(text: string): string {
  if (PLAIN_STRING.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

type Frame = { readonly array: readonly Json[]; next: number } | { readonly object: JsonObject; readonly keys: readonly string[]; next: number };

/** JSON text; stops early once longer than `enough` units. `spend` is asked for fuel as the work goes on. */
export function toText(value: Json, enough = Infinity, spend?: (units: number) => void): string {
  const scalar = scalarText(value);
  if (scalar !== undefined) return scalar;
  const stack: Frame[] = [];
  let out = open(stack, value as Json[] | JsonObject);
  for (let steps = 1; stack.length > 0 && out.length <= enough; steps++) {
    if ((steps & 15) === 0) spend?.(4);
    const top = stack[stack.length - 1] as Frame;
    const isArray = 'array' in top;
    const size = isArray ? top.array.length : top.keys.length;
    if (top.next >= size) {
      out += isArray ? ']' : '}';
      stack.pop();
      continue;
    }
    if (top.next > 0) out += ',';
    let item: Json;
    if (isArray) item = top.array[top.next] ?? null;
    else {
      const key = top.keys[top.next] as string;
      out += `${stringToText(key)}:`;
      item = top.object[key] ?? null;
    }
    top.next++;
    const text = scalarText(item);
    if (text !== undefined) out += text;
    else if (stack.length > MAX_VALUE_DEPTH) out += '"<skipped: too deep>"';
    else out += open(stack, item as Json[] | JsonObject);
  }
  return out;
}

function scalarText(value: Json): string | undefined {
  switch (typeof value) {
    case 'string':
      return stringToText(value);
    case 'number':
      return numberToText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return value === null || value === undefined ? 'null' : undefined;
  }
}

function open(stack: Frame[], value: Json[] | JsonObject): string {
  if (Array.isArray(value)) {
    stack.push({ array: value, next: 0 });
    return '[';
  }
  stack.push({ object: value, keys: Object.keys(value), next: 0 });
  return '{';
}

const MESSAGE_BYTES = 29;

/** JSON text cut to 29 bytes for a message, with `...` and the closing mark kept. */
export function toShortText(value: Json): string {
  const text = toText(value, 200);
  if (text.length <= MESSAGE_BYTES && utf8Length(text) <= MESSAGE_BYTES) return text;
  const first = text[0];
  const close = first === '"' ? '"' : first === '[' ? ']' : first === '{' ? '}' : '';
  let room = MESSAGE_BYTES - 3 - close.length;
  let kept = '';
  for (const char of text) {
    room -= utf8Length(char);
    if (room < 0) break;
    kept += char;
  }
  return `${kept}...${close}`;
}
