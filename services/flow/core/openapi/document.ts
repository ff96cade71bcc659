// One operation of an OpenAPI document: Swagger 2.0, OpenAPI 3.0 and 3.1, read as far as a call needs it. Pure.
// I1 The document is data of others: own properties only, every reference and search bounded, nothing of it is evaluated.
// I2 A fault says what is wrong with the document or the step, never with us.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import { didYouMean } from '../language/nearest.ts';
import { StepProblem } from './problem.ts';

export type Place = 'path' | 'query' | 'header' | 'cookie' | 'body' | 'formData';

export interface Parameter {
  readonly name: string;
  readonly in: Place;
  readonly required: boolean;
  readonly style: string;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  /** `content` of the parameter: it is sent as JSON text. */
  readonly asJson: boolean;
}

export interface RequestBody {
  readonly required: boolean;
  /** In the order of the document. */
  readonly mediaTypes: readonly string[];
  /** Names of the properties that the schema of the body has, of all media types. */
  readonly properties: readonly string[];
}

export interface Operation {
  readonly version: 2 | 3;
  /** Upper case. */
  readonly method: string;
  /** As written, with `{name}` parts. */
  readonly path: string;
  /** Resolved: whole addresses. */
  readonly servers: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const MAX_PATHS = 20_000;
const MAX_REFERENCES = 32;
const MAX_SCHEMAS = 1_000;

/** `address`: where the document was read. Throws StepProblem. */
export function findOperation(document: Json, operationId: string, address: string): Operation {
  const { version, root } = versionOf(document);
  const found = search(root, operationId);
  const parameters = parametersOf(root, version, [...listAt(found.item, 'parameters'), ...listAt(found.operation, 'parameters')]);
  return {
    version,
    method: found.method.toUpperCase(),
    path: found.path,
    servers: version === 2 ? swaggerServers(root, found.operation, address) : serversOf(root, found.item, found.operation, address),
    parameters,
    body: version === 2 ? swaggerBody(root, found.operation, parameters) : requestBody(root, found.operation),
  };
}

function versionOf(document: Json): { version: 2 | 3; root: JsonObject } {
  if (!isObject(document)) throw new StepProblem('configuration', 'The OpenAPI document is not a map.');
  const [swagger, openapi] = [own(document, 'swagger'), own(document, 'openapi')].map((value) => (value === undefined ? '' : String(value)));
  if (swagger === '2.0' || swagger === '2') return { version: 2, root: document };
  if (/^3\.[01]\.\d/.test(openapi ?? '')) return { version: 3, root: document };
  const is = openapi !== '' ? `openapi: ${openapi}` : swagger !== '' ? `swagger: ${swagger}` : 'neither "openapi" nor "swagger"';
  throw new StepProblem('configuration', `The document says ${is}; Swagger 2.0 and OpenAPI 3.0 and 3.1 can be called.`);
}

interface Found {
  readonly method: string;
  readonly path: string;
  readonly item: JsonObject;
  readonly operation: JsonObject;
}

function search(root: JsonObject, operationId: string): Found {
  const known: string[] = [];
  const found: Found[] = [];
  for (const [path, node] of Object.entries(mapAt(root, root, 'paths')).slice(0, MAX_PATHS)) {
    const item = resolved(root, node);
    if (!isObject(item) || !path.startsWith('/')) continue;
    for (const method of METHODS) {
      const operation = own(item, method);
      const id = isObject(operation) ? own(operation, 'operationId') : undefined;
      if (!isObject(operation) || typeof id !== 'string') continue;
      if (id === operationId) found.push({ method, path, item, operation });
      known.push(id);
    }
  }
  const [first] = found;
  if (found.length > 1) throw new StepProblem('configuration', `The document has ${found.length} operations "${operationId}"; an operationId must name one.`);
  if (first !== undefined) return first;
  const meant = didYouMean(operationId, known);
  throw new StepProblem('configuration', `The document has no operation "${short(operationId)}".${meant === undefined ? '' : ` ${meant}`}`);
}

const STYLES: Readonly<Record<string, string>> = { path: 'simple', header: 'simple', query: 'form', cookie: 'form' };
const COLLECTIONS: Readonly<Record<string, string>> = { ssv: 'spaceDelimited', pipes: 'pipeDelimited', tsv: 'tabDelimited' };

/** Those of the operation replace those of its path. */
function parametersOf(root: JsonObject, version: 2 | 3, nodes: readonly Json[]): Parameter[] {
  const byPlace = new Map<string, Parameter>();
  for (const node of nodes) {
    const map = resolved(root, node);
    const [name, place] = isObject(map) ? [own(map, 'name'), own(map, 'in')] : [];
    if (!isObject(map) || typeof name !== 'string' || typeof place !== 'string') continue;
    // These have a place of their own in the request, as the standard says.
    if (place === 'header' && /^(?:accept|content-type|authorization)$/i.test(name)) continue;
    const parameter = version === 2 ? swaggerParameter(map, name, place) : parameterOf(map, name, place);
    if (parameter !== undefined) byPlace.set(`${place} ${name}`, parameter);
  }
  return [...byPlace.values()];
}

function parameterOf(map: JsonObject, name: string, place: string): Parameter | undefined {
  if (place !== 'path' && place !== 'query' && place !== 'header' && place !== 'cookie') return undefined;
  const style = own(map, 'style');
  const used = typeof style === 'string' ? style : (STYLES[place] ?? 'form');
  const explode = own(map, 'explode');
  return {
    name,
    in: place,
    required: place === 'path' || own(map, 'required') === true,
    style: used,
    explode: typeof explode === 'boolean' ? explode : used === 'form' || used === 'deepObject',
    allowReserved: own(map, 'allowReserved') === true,
    asJson: isObject(own(map, 'content')),
  };
}

function swaggerParameter(map: JsonObject, name: string, place: string): Parameter | undefined {
  if (place !== 'path' && place !== 'query' && place !== 'header' && place !== 'body' && place !== 'formData') return undefined;
  const collection = String(own(map, 'collectionFormat') ?? 'csv');
  const multi = collection === 'multi';
  const lists = place === 'query' || place === 'formData' ? 'form' : 'simple';
  return {
    name,
    in: place,
    required: place === 'path' || own(map, 'required') === true,
    style: COLLECTIONS[collection] ?? lists,
    explode: multi,
    allowReserved: false,
    asJson: false,
  };
}

function requestBody(root: JsonObject, operation: JsonObject): RequestBody | undefined {
  const body = resolved(root, own(operation, 'requestBody') ?? null);
  if (!isObject(body)) return undefined;
  const content = mapAt(root, body, 'content');
  const properties = Object.values(content).flatMap((media) => (isObject(media) ? propertiesOf(root, own(media, 'schema') ?? null) : []));
  return { required: own(body, 'required') === true, mediaTypes: Object.keys(content), properties: [...new Set(properties)] };
}

/** `allOf` counts as well: parts of a body are often written so. Each schema is read once, however often it is named. */
function propertiesOf(root: JsonObject, first: Json): string[] {
  const seen = new Set<Json>();
  const found: string[] = [];
  const open = [first];
  for (let node = open.pop(); node !== undefined && seen.size < MAX_SCHEMAS; node = open.pop()) {
    const schema = resolved(root, node);
    if (!isObject(schema) || seen.has(schema)) continue;
    seen.add(schema);
    found.push(...Object.keys(mapAt(root, schema, 'properties')));
    for (const key of ['allOf', 'oneOf', 'anyOf']) open.push(...listAt(schema, key));
  }
  return found;
}

function swaggerBody(root: JsonObject, operation: JsonObject, parameters: readonly Parameter[]): RequestBody | undefined {
  const body = parameters.find((one) => one.in === 'body');
  const fields = parameters.filter((one) => one.in === 'formData');
  if (body === undefined && fields.length === 0) return undefined;
  const consumes = [...listAt(operation, 'consumes'), ...listAt(root, 'consumes')].filter((one) => typeof one === 'string');
  const usual = body === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  return { required: body?.required ?? false, mediaTypes: consumes.length === 0 ? [usual] : consumes, properties: fields.map((one) => one.name) };
}

function serversOf(root: JsonObject, item: JsonObject, operation: JsonObject, address: string): string[] {
  const listed = [operation, item, root].map((level) => listAt(level, 'servers')).find((list) => list.length > 0) ?? [];
  const urls = listed.flatMap((server) => (isObject(server) ? [serverUrl(root, server)] : []));
  return (urls.length === 0 ? ['/'] : urls).map((url) => {
    if (!URL.canParse(url, address)) throw new StepProblem('configuration', `The server "${short(url)}" of the document is not an address.`);
    return new URL(url, address).href;
  });
}

/** Variables take their defaults: a call has no place to set others. */
function serverUrl(root: JsonObject, server: JsonObject): string {
  const variables = mapAt(root, server, 'variables');
  return String(own(server, 'url') ?? '/').replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = own(variables, name);
    return isObject(variable) ? String(own(variable, 'default') ?? '') : '';
  });
}

function swaggerServers(root: JsonObject, operation: JsonObject, address: string): string[] {
  const at = new URL(address);
  const schemes = [listAt(operation, 'schemes'), listAt(root, 'schemes')].find((list) => list.length > 0) ?? [];
  const named = schemes.filter((one) => one === 'http' || one === 'https');
  const scheme = named.includes('https') ? 'https' : (named[0] ?? at.protocol.slice(0, -1));
  const host = own(root, 'host');
  const path = own(root, 'basePath');
  const url = `${scheme}://${typeof host === 'string' ? host : at.host}${typeof path === 'string' ? path : '/'}`;
  if (!URL.canParse(url)) throw new StepProblem('configuration', `The document's host and basePath make no address: "${short(url)}".`);
  return [url];
}

/** Follows `$ref` inside of the document. */
function resolved(root: JsonObject, node: Json): Json {
  let found = node;
  for (let steps = 0; isObject(found) && typeof own(found, '$ref') === 'string'; steps++) {
    const reference = String(own(found, '$ref'));
    if (!reference.startsWith('#')) throw new StepProblem('configuration', `The document leads to another one ("${short(reference)}"); only one is read.`);
    if (steps >= MAX_REFERENCES) throw new StepProblem('configuration', `The reference "${short(reference)}" of the document leads in a circle.`);
    found = target(root, reference);
  }
  return found;
}

function target(root: JsonObject, reference: string): Json {
  let node: Json | undefined = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    node = Array.isArray(node) ? node[Number(key)] : isObject(node) ? own(node, key) : undefined;
  }
  if (node === undefined) throw new StepProblem('configuration', `The reference "${short(reference)}" of the document leads nowhere.`);
  return node;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const own = (map: JsonObject, key: string): Json | undefined => (Object.hasOwn(map, key) ? map[key] : undefined);

function mapAt(root: JsonObject, map: JsonObject, key: string): JsonObject {
  const found = resolved(root, own(map, key) ?? null);
  return isObject(found) ? found : {};
}

function listAt(map: JsonObject, key: string): readonly Json[] {
  const found = own(map, key);
  return Array.isArray(found) ? found : [];
}

const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}...` : text);
