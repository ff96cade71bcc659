// Operations of OpenAPI documents: found in three versions, and made into requests. The table of styles is that of OpenAPI 3.1.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { describe, expect, it } from 'vitest';
import { findOperation, type Operation } from './document.ts';
import { requestOf, type HttpRequest } from './request.ts';

const AT = 'https://docs.example.com/apis/shop.json';

/** A document of one operation. */
function document(operation: JsonObject, path = '/items/{id}', more: JsonObject = {}): JsonObject {
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
  const parameters = path.includes('{id}') ? [id] : [];
  return {
    openapi: '3.1.0',
    servers: [{ url: 'https://api.example.com/v1/' }],
    paths: { [path]: { parameters, get: { operationId: 'op', ...operation } } },
    ...more,
  };
}

const operation = (root: Json, address = AT): Operation => findOperation(root, 'op', address);
const request = (root: Json, parameters: JsonObject = {}): HttpRequest => requestOf(operation(root), parameters, 'edge');
const parameter = (more: JsonObject): JsonObject => document({ parameters: [{ name: 'color', ...more }] }, '/c');

describe('styles of parameters', () => {
  const [text, list, map] = ['blue', ['blue', 'black', 'brown'], { R: 100, G: 200, B: 150 }];
  it.each([
    ['matrix', false, ';color=blue', ';color=blue,black,brown', ';color=R,100,G,200,B,150'],
    ['matrix', true, ';color=blue', ';color=blue;color=black;color=brown', ';R=100;G=200;B=150'],
    ['label', false, '.blue', '.blue,black,brown', '.R,100,G,200,B,150'],
    ['label', true, '.blue', '.blue.black.brown', '.R=100.G=200.B=150'],
    ['simple', false, 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
    ['simple', true, 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
  ])('%s, explode %s, in a path', (style, explode, ...expected) => {
    const root = document({ parameters: [{ name: 'color', in: 'path', style, explode }] }, '/c/{color}');
    expect([text, list, map].map((color) => request(root, { color }).url)).toEqual(expected.map((part) => `https://api.example.com/v1/c/${part}`));
  });

  it.each([
    ['form', false, 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
    ['form', true, 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
    ['spaceDelimited', false, 'color=blue', 'color=blue%20black%20brown', 'color=R%20100%20G%20200%20B%20150'],
    ['pipeDelimited', false, 'color=blue', 'color=blue%7Cblack%7Cbrown', 'color=R%7C100%7CG%7C200%7CB%7C150'],
    ['deepObject', true, 'color=blue', undefined, 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150'],
  ])('%s, explode %s, in a query', (style, explode, ...expected) => {
    const root = parameter({ in: 'query', style, explode });
    const urls = [text, list, map].map((color, i) => (expected[i] === undefined ? undefined : request(root, { color }).url));
    expect(urls).toEqual(expected.map((part) => (part === undefined ? undefined : `https://api.example.com/v1/c?${part}`)));
  });

  it('in headers and cookies are those of the standard when none is named', () => {
    expect(request(parameter({ in: 'header' }), { color: list }).headers).toEqual({ color: 'blue,black,brown' });
    expect(request(parameter({ in: 'cookie' }), { color: 'a;b' }).headers).toEqual({ cookie: 'color=a%3Bb' });
  });

  it.each([
    ['csv', 'color=a,b'],
    ['multi', 'color=a&color=b'],
    ['ssv', 'color=a%20b'],
    ['tsv', 'color=a%09b'],
    ['pipes', 'color=a%7Cb'],
  ])('of Swagger 2: %s', (collectionFormat, query) => {
    const root = {
      swagger: '2.0',
      paths: { '/c': { get: { operationId: 'op', parameters: [{ name: 'color', in: 'query', type: 'array', collectionFormat }] } } },
    };
    expect(request(root, { color: ['a', 'b'] }).url).toBe(`https://docs.example.com/c?${query}`);
  });

  it('a parameter with content is JSON text', () => {
    expect(request(parameter({ in: 'query', content: { 'application/json': {} } }), { color: { a: 1 } }).url).toContain('?color=%7B%22a%22%3A1%7D');
  });
});

describe('values that come from data', () => {
  it.each([
    ['../admin', 'https://api.example.com/v1/items/..%2Fadmin'],
    ['a?b#c&d=e', 'https://api.example.com/v1/items/a%3Fb%23c%26d%3De'],
    ['%2e%2e', 'https://api.example.com/v1/items/%252e%252e'],
    ['ü\ud800', 'https://api.example.com/v1/items/%C3%BC%EF%BF%BD'],
  ])('%j stays in its place of the path', (id, url) => {
    expect(request(document({}), { id }).url).toBe(url);
  });

  it.each(['..', '.', ''])('%j as a whole part of the path is refused', (id) => {
    expect(() => request(document({}), { id })).toThrow('The path parameter "id" cannot be');
  });

  it('a line break makes no header', () => {
    expect(() => request(parameter({ in: 'header' }), { color: 'a\r\nx-evil: 1' })).toThrow('characters that headers do not carry');
  });

  it('reserved characters stay when the document allows them, but for those that end a parameter', () => {
    expect(request(parameter({ in: 'query', allowReserved: true }), { color: 'a/b?c&d#e' }).url).toBe('https://api.example.com/v1/c?color=a/b?c%26d%23e');
  });

  it('the boundary of a multipart body cannot be written by a field', () => {
    const root = document({ requestBody: { content: { 'multipart/form-data': { schema: { properties: { a: {} } } } } } }, '/c');
    expect(() => request(root, { a: 'x\r\n--edge--' })).toThrow('holds the boundary');
    expect(request(root, { a: 'x"\r\n' }).body).toBe('--edge\r\ncontent-disposition: form-data; name="a"\r\n\r\nx"\r\n\r\n--edge--\r\n');
  });
});

describe('names in `parameters`', () => {
  const BODY = { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Item' } } } };
  const MORE = {
    components: { schemas: { Item: { allOf: [{ properties: { name: {} } }, { $ref: '#/components/schemas/Price' }] }, Price: { properties: { cents: {} } } } },
  };
  const root = document({ requestBody: BODY, parameters: [{ name: 'dry', in: 'query' }] }, '/items/{id}', MORE);

  it('fill the parameters first; the properties that are left are the body', () => {
    expect(request(root, { id: 7, dry: true, name: 'pen', cents: 120 })).toEqual({
      method: 'GET',
      url: 'https://api.example.com/v1/items/7?dry=true',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"pen","cents":120}',
    });
  });

  it('may give the body whole', () => {
    expect(request(root, { id: 7, body: [1, 'two'] }).body).toBe('[1,"two"]');
  });

  it.each([
    [{ id: 7, nmae: 1 }, 'The operation has no parameter "nmae". Did you mean "name"?'],
    [{ id: 7, body: {}, name: 1 }, 'The operation has no parameter "name".'],
    [{ name: 1 }, 'The operation needs "id" (path), which "parameters" does not have.'],
    [{ id: null, name: 1 }, 'The operation needs "id" (path), which "parameters" does not have.'],
    [{ id: 7 }, 'The operation needs a body'],
  ] as const)('%j is refused', (parameters, message) => {
    expect(() => request(root, parameters)).toThrow(message);
  });

  it('without a body to take them are refused', () => {
    expect(() => request(document({}, '/c'), { x: 1 })).toThrow('The operation has no parameter "x". It takes none.');
  });

  it('that are null and not required are left out', () => {
    expect(request(parameter({ in: 'query' }), { color: null }).url).toBe('https://api.example.com/v1/c');
  });

  it.each([
    ['application/x-www-form-urlencoded', 'a=1+2&b=x&b=y'],
    ['multipart/form-data', /^--edge\r\n[\s\S]*name="b"\r\n\r\ny\r\n--edge--\r\n$/],
    ['application/vnd.shop+json', '{"a":"1 2","b":["x","y"]}'],
    ['*/*', '{"a":"1 2","b":["x","y"]}'],
  ])('become a body of %s', (type, body) => {
    const schema = { properties: { a: {}, b: {} } };
    const found = request(document({ requestBody: { content: { [type]: { schema } } } }, '/c'), { a: '1 2', b: ['x', 'y'] });
    expect(found.body).toEqual(typeof body === 'string' ? body : expect.stringMatching(body));
  });

  it('become body and form of Swagger 2', () => {
    const swagger = (parameters: Json[], more: JsonObject = {}): Json => ({
      swagger: '2.0',
      paths: { '/c': { post: { operationId: 'op', parameters, ...more } } },
    });
    const whole = swagger([{ name: 'pet', in: 'body', required: true }]);
    expect(request(whole, { pet: { a: 1 } }).body).toBe('{"a":1}');
    expect(request(whole, { body: { a: 1 } }).body).toBe('{"a":1}');
    expect(() => request(whole, {})).toThrow('The operation needs "pet" (body)');
    const form = swagger([
      { name: 'a', in: 'formData' },
      { name: 'b', in: 'formData' },
    ]);
    expect(request(form, { a: 1, b: 'x&y' })).toMatchObject({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=x%26y' });
  });
});

describe('the address', () => {
  const urlOf = (more: JsonObject, address = AT): string => requestOf(operation(document({}, '/c', more), address), {}, 'edge').url;
  it.each([
    [[{ url: '/v2' }], 'https://docs.example.com/v2/c'],
    [[{ url: 'v2/' }], 'https://docs.example.com/apis/v2/c'],
    [[{ url: '//api.example.com' }], 'https://api.example.com/c'],
    [[], 'https://docs.example.com/c'],
    [[{ url: 'https://{region}.example.com/{base}', variables: { region: { default: 'eu' }, base: { default: 'v3' } } }], 'https://eu.example.com/v3/c'],
  ])('of the servers %j is resolved against that of the document', (servers, url) => {
    expect(urlOf({ servers })).toBe(url);
  });

  it('of the operation goes before that of the path and the document', () => {
    expect(operation(document({ servers: [{ url: 'https://own.example.com' }] }, '/c')).servers).toEqual(['https://own.example.com/']);
  });

  it.each([
    [{ host: 'pets.example.com', basePath: '/v2', schemes: ['http', 'https'] }, 'https://pets.example.com/v2/c'],
    [{ host: 'pets.example.com:8080', schemes: ['http'] }, 'http://pets.example.com:8080/c'],
    [{ basePath: '/v2' }, 'https://docs.example.com/v2/c'],
  ])('of Swagger 2 %j', (more, url) => {
    const root = { swagger: '2.0', paths: { '/c': { get: { operationId: 'op' } } }, ...more };
    expect(request(root).url).toBe(url);
  });
});

describe('documents that cannot be used', () => {
  it.each([
    [3, 'The OpenAPI document is not a map.'],
    [{ openapi: '4.0.0' }, 'The document says openapi: 4.0.0;'],
    [{ openapi: '3.0.3', paths: { '/a': { get: { operationId: 'opp' } } } }, 'The document has no operation "op". Did you mean "opp"?'],
    [{ openapi: '3.0.3', paths: { '/a': { get: { operationId: 'op' } }, '/b': { put: { operationId: 'op' } } } }, 'The document has 2 operations "op"'],
    [document({ parameters: [{ $ref: 'other.yaml#/x' }] }, '/c'), 'leads to another one ("other.yaml#/x")'],
    [document({ parameters: [{ $ref: '#/components/none' }] }, '/c'), 'leads nowhere'],
    [document({ parameters: [{ $ref: '#/x' }] }, '/c', { x: { $ref: '#/x' } }), 'leads in a circle'],
    [document({ servers: [{ url: 'https://' }] }, '/c'), 'is not an address'],
    [{ openapi: '3.0.0', paths: { '/{x}': { get: { operationId: 'op' } } } }, 'has {x}, and no parameter that fills it'],
    [{ openapi: '3.0.0', paths: JSON.parse('{"/a": {"__proto__": {"get": {"operationId": "op"}}}}') as Json }, 'The document has no operation "op".'],
  ])('%j', (root, message) => {
    expect(() => request(root as Json)).toThrow(message);
  });

  it.each(['#/__proto__', '#/constructor/prototype'])('a reference through a key of every object (%s) leads nowhere', ($ref) => {
    expect(() => request(document({ parameters: [{ $ref }] }, '/c'))).toThrow('leads nowhere');
  });

  it('a schema that holds itself is read to a bound', () => {
    const requestBody = { content: { 'application/json': { schema: { $ref: '#/components/schemas/T' } } } };
    const T = { allOf: [{ $ref: '#/components/schemas/T' }, { $ref: '#/components/schemas/T' }], properties: { a: {} } };
    expect(request(document({ requestBody }, '/c', { components: { schemas: { T } } }), { a: 1 }).body).toBe('{"a":1}');
  });
});

it('a path item that is a reference is followed, and an operation replaces the parameters of its path', () => {
  const item = {
    parameters: [{ name: 'a', in: 'query', style: 'pipeDelimited', explode: false }],
    get: { operationId: 'op', parameters: [{ name: 'a', in: 'query', explode: false }] },
  };
  const root = { openapi: '3.1.1', paths: { '/c': { $ref: '#/components/pathItems/c' } }, components: { pathItems: { c: item } } };
  expect(request(root, { a: [1, 2] }).url).toBe('https://docs.example.com/c?a=1,2');
});
