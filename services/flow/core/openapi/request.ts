// From an operation and the step's `parameters` to one HTTP request: address, headers, body. Pure.
// I1 Every name in `parameters` finds its place or is refused: a mistyped one is never left out in silence.
// I2 A name is a parameter of the operation first; what is left is the body: the value of `body` whole, or the properties that are left.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import { didYouMean } from '../language/nearest.ts';
import type { Operation, Parameter, RequestBody } from './document.ts';
import { StepProblem } from './problem.ts';
import { headerValue, namedParts, pathPart } from './styles.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | undefined;
}

/** `boundary` parts the fields of a multipart body. Throws StepProblem. */
export function requestOf(operation: Operation, given: JsonObject, boundary: string): HttpRequest {
  const placed = operation.parameters.filter((one) => one.in !== 'body' && one.in !== 'formData');
  checkRequired(operation, given);
  const used = new Set(placed.map((one) => one.name));
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !used.has(name)));
  const body = bodyOf(operation, rest, boundary);
  const at = (place: Parameter['in']): [Parameter, Json][] =>
    placed.flatMap((one): [Parameter, Json][] => (one.in === place && isGiven(given, one.name) ? [[one, given[one.name] ?? null]] : []));
  const cookies = at('cookie').flatMap(([one, value]) => namedParts(one, value));
  return {
    method: operation.method,
    url: addressOf(operation, at('path'), at('query')),
    headers: {
      ...Object.fromEntries(at('header').map(([one, value]) => [one.name.toLowerCase(), headerValue(one, value)])),
      ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
      ...(body !== undefined && { 'content-type': body.type }),
    },
    body: body?.text,
  };
}

/** Null is what an expression yields for what is not there: it counts as not given. */
const isGiven = (given: JsonObject, name: string): boolean => Object.hasOwn(given, name) && given[name] !== null;

function checkRequired(operation: Operation, given: JsonObject): void {
  const missing = operation.parameters.filter((one) => one.required && !isGiven(given, one.name) && !(one.in === 'body' && isGiven(given, 'body')));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map((one) => `"${one.name}" (${one.in})`))].join(', ');
  throw new StepProblem('validation', `The operation needs ${names}, which "parameters" does not have.`);
}

function addressOf({ servers, path }: Operation, inPath: readonly [Parameter, Json][], inQuery: readonly [Parameter, Json][]): string {
  const parts = new Map(inPath.map(([one, value]) => [one.name, pathPart(one, value)]));
  const filled = path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new StepProblem('configuration', `The path ${path} of the document has {${name}}, and no parameter that fills it.`);
    return part;
  });
  const url = new URL(servers[0] ?? '');
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}${filled}`;
  const query = inQuery.flatMap(([one, value]) => namedParts(one, value));
  return query.length === 0 ? base : `${base}${base.includes('?') ? '&' : '?'}${query.join('&')}`;
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function bodyOf(operation: Operation, rest: JsonObject, boundary: string): Body | undefined {
  const { body } = operation;
  const names = Object.keys(rest);
  if (body === undefined) {
    if (names.length > 0) throw unknown(operation, names);
    return undefined;
  }
  const value = operation.version === 2 ? swaggerValue(operation, rest) : bodyValue(operation, body, rest);
  if (value === undefined) {
    if (body.required) throw new StepProblem('validation', 'The operation needs a body: give it as "body" in "parameters".');
    return undefined;
  }
  return written(chosenType(body, value), value, boundary);
}

function bodyValue(operation: Operation, body: RequestBody, rest: JsonObject): Json | undefined {
  const names = Object.keys(rest);
  const whole = Object.hasOwn(rest, 'body') && !body.properties.includes('body');
  if (whole) {
    const others = names.filter((name) => name !== 'body');
    if (others.length > 0) throw unknown(operation, others);
    return rest['body'] ?? undefined;
  }
  if (names.length === 0) return undefined;
  const strange = names.filter((name) => !body.properties.includes(name));
  if (strange.length > 0 && body.properties.length > 0) throw unknown(operation, strange);
  if (strange.length > 0)
    throw new StepProblem(
      'validation',
      `The operation has no parameter "${strange[0]}", and its body no named properties: give the body as "body" in "parameters".`,
    );
  return rest;
}

/** `in: body` by its own name or as "body"; otherwise the fields of a form. */
function swaggerValue(operation: Operation, rest: JsonObject): Json | undefined {
  const body = operation.parameters.find((one) => one.in === 'body');
  const fields = operation.parameters.filter((one) => one.in === 'formData');
  const allowed = body === undefined ? fields.map((one) => one.name) : [Object.hasOwn(rest, body.name) ? body.name : 'body'];
  const strange = Object.keys(rest).filter((name) => !allowed.includes(name));
  if (strange.length > 0) throw unknown(operation, strange);
  if (body !== undefined) return rest[allowed[0] ?? ''] ?? undefined;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return Object.keys(given).length === 0 ? undefined : given;
}

function unknown(operation: Operation, names: readonly string[]): StepProblem {
  const known = [...operation.parameters.map((one) => one.name), ...(operation.body === undefined ? [] : [...operation.body.properties, 'body'])];
  const name = names[0] ?? '';
  const shown = known.length === 0 ? 'It takes none.' : `It has: ${[...new Set(known)].slice(0, 30).join(', ')}.`;
  return new StepProblem('validation', `The operation has no parameter "${name.slice(0, 100)}". ${didYouMean(name, known) ?? shown}`);
}

const isJson = (type: string): boolean => /^[^;]*[/+]json\b/i.test(type);
const isForm = (type: string): boolean => /^application\/x-www-form-urlencoded\b/i.test(type);
const isMultipart = (type: string): boolean => /^multipart\//i.test(type);

/** JSON where the operation takes it; otherwise the first type that we can write. */
function chosenType({ mediaTypes }: RequestBody, value: Json): string {
  const plain = mediaTypes.map((type) => (type === '*/*' || type === 'application/*' ? 'application/json' : type));
  const types = plain.length === 0 ? ['application/json'] : plain;
  const usable =
    types.find(isJson) ?? types.find((type) => (isForm(type) || isMultipart(type)) && isObject(value)) ?? (typeof value === 'string' ? types[0] : undefined);
  if (usable !== undefined) return usable;
  throw new StepProblem('configuration', `The operation takes ${types.join(', ').slice(0, 200)}; such a body must be given as text.`);
}

function written(type: string, value: Json, boundary: string): Body {
  if (isJson(type)) return { type, text: JSON.stringify(value) };
  if (isForm(type) && isObject(value)) return { type, text: formText(value) };
  if (isMultipart(type) && isObject(value)) return { type: `multipart/form-data; boundary=${boundary}`, text: multipartText(value, boundary) };
  return { type, text: typeof value === 'string' ? value : JSON.stringify(value) };
}

const FIELD = { in: 'formData', required: false, style: 'form', explode: true, allowReserved: false, asJson: false } as const;

function formText(value: JsonObject): string {
  return Object.entries(value)
    .flatMap(([name, one]) =>
      namedParts({ ...FIELD, name, asJson: isObject(one) || (Array.isArray(one) && one.some((item) => typeof item === 'object')) }, one),
    )
    .join('&')
    .replaceAll('%20', '+');
}

function multipartText(value: JsonObject, boundary: string): string {
  const fields = Object.entries(value).flatMap(([name, one]) => (Array.isArray(one) ? one : [one]).map((item) => [name, item] as const));
  const parts = fields.map(([name, item]) => {
    const text = typeof item === 'string' ? item : JSON.stringify(item);
    if (text.includes(`--${boundary}`)) throw new StepProblem('validation', `The field "${name.slice(0, 100)}" holds the boundary of the body.`);
    const type = typeof item === 'object' && item !== null ? 'content-type: application/json\r\n' : '';
    return `--${boundary}\r\ncontent-disposition: form-data; name="${fieldName(name)}"\r\n${type}\r\n${text}\r\n`;
  });
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** As browsers write it: what could end the name is encoded. */
const fieldName = (name: string): string => name.replace(/["\r\n]/g, (one) => encodeURIComponent(one));
