// How values of parameters are written: the styles of OpenAPI 3 (RFC 6570 in disguise) and the collection formats of Swagger 2. Pure.
// I1 What comes from data is percent-encoded wherever it could end its place: it never makes another path, parameter, header or cookie.
import type { Json } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import type { Parameter } from './document.ts';
import { StepProblem } from './problem.ts';

type Encode = (text: string) => string;

/** RFC 3986: unreserved characters stay. */
const encoded: Encode = (text) => encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
/** `allowReserved`: reserved ones stay too, but for those that end a query parameter. */
const reserved: Encode = (text) => encodeURI(text.toWellFormed()).replace(/[&#+]/g, encodeURIComponent);
const asIs: Encode = (text) => text;

const DELIMITERS: Readonly<Record<string, string>> = { form: ',', simple: ',', spaceDelimited: '%20', pipeDelimited: '%7C', tabDelimited: '%09' };

/** The part of a path, without its braces. */
export function pathPart(parameter: Parameter, value: Json): string {
  const { name, style, explode } = parameter;
  const text = ((): string => {
    if (parameter.asJson) return encoded(JSON.stringify(value));
    if (style === 'label') return `.${joined(parameter, value, explode ? '.' : ',', encoded)}`;
    if (style !== 'matrix') return joined(parameter, value, DELIMITERS[style] ?? ',', encoded);
    if (isObject(value) && explode)
      return pairs(parameter, value, encoded)
        .map(([key, one]) => `;${key}=${one}`)
        .join('');
    if (Array.isArray(value) && explode) return value.map((one) => `;${encoded(name)}=${encoded(scalar(parameter, one))}`).join('');
    return `;${encoded(name)}=${joined(parameter, value, ',', encoded)}`;
  })();
  // A part of only dots would climb out of its place; an empty one would make another path.
  if (text === '' || /^\.{1,2}$/.test(text))
    throw new StepProblem('validation', `The path parameter "${name}" cannot be ${text === '' ? 'empty' : `"${text}"`}.`);
  return text;
}

/** `name=value` pieces of a query, a form or cookies. */
export function namedParts(parameter: Parameter, value: Json): string[] {
  const { name, style, explode } = parameter;
  const encode = parameter.allowReserved ? reserved : encoded;
  if (parameter.asJson) return [`${encoded(name)}=${encoded(JSON.stringify(value))}`];
  if (Array.isArray(value)) {
    if (explode) return value.map((one) => `${encoded(name)}=${encode(scalar(parameter, one))}`);
    return [`${encoded(name)}=${value.map((one) => encode(scalar(parameter, one))).join(DELIMITERS[style] ?? ',')}`];
  }
  if (isObject(value)) {
    const entries = pairs(parameter, value, encode);
    if (style === 'deepObject') return entries.map(([key, one]) => `${encoded(name)}%5B${key}%5D=${one}`);
    if (explode) return entries.map(([key, one]) => `${key}=${one}`);
    return [`${encoded(name)}=${entries.flat().join(DELIMITERS[style] ?? ',')}`];
  }
  return [`${encoded(name)}=${encode(scalar(parameter, value))}`];
}

export function headerValue(parameter: Parameter, value: Json): string {
  const text = parameter.asJson ? JSON.stringify(value) : joined(parameter, value, ',', asIs);
  // No line of a request may come from data.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text))
    throw new StepProblem('validation', `The header "${parameter.name}" cannot have this value: it has characters that headers do not carry.`);
  return text;
}

/** Style `simple`, and what the others have in common with it. */
function joined(parameter: Parameter, value: Json, delimiter: string, encode: Encode): string {
  if (Array.isArray(value)) return value.map((one) => encode(scalar(parameter, one))).join(delimiter);
  if (!isObject(value)) return encode(scalar(parameter, value));
  const entries = pairs(parameter, value, encode);
  return parameter.explode ? entries.map(([key, one]) => `${key}=${one}`).join(delimiter) : entries.flat().join(delimiter);
}

const pairs = (parameter: Parameter, value: { readonly [key: string]: Json }, encode: Encode): (readonly [string, string])[] =>
  Object.entries(value).map(([key, one]) => [encode(key), encode(scalar(parameter, one))] as const);

function scalar({ name }: Parameter, value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return '';
  throw new StepProblem('validation', `The parameter "${name}" holds ${Array.isArray(value) ? 'a list' : 'a map'} where its style takes one value.`);
}
