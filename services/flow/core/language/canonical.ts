// One text for one document, however it was written: keys sorted, no white space. Its hash is the content's identity.
import type { Json } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';

export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null)}`).join(',')}}`;
}
