// Attacks with what a request carries: malformed and ambiguous bodies, sizes, slow senders, credentials of every spelling.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openGround, openHouse, prototypes, raw } from './testing.ts';
import type { Answer, Ground, House } from './testing.ts';

let ground: Ground;
let house: House;
const untouched = prototypes();

beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground, { settings: { headersTimeoutMs: 700, requestTimeoutMs: 1_200 } });
});
afterAll(async () => {
  await house?.close();
  await ground?.close();
});
afterEach(() => expect(prototypes(), 'S26').toBe(untouched));

const get = (path: string, ...headers: string[]): Promise<Answer> =>
  raw(house.port, [`GET ${path} HTTP/1.1`, ...(headers.some((line) => /^host/i.test(line)) ? [] : ['Host: localhost']), ...headers, '', ''].join('\r\n'));

const deep = (levels: number): string => `{"name":"x","data":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const BAD_BODIES: [string, string | Uint8Array<ArrayBuffer>][] = [
  ['duplicate key', '{"name":"a","name":"b"}'],
  ['duplicate nested', '{"name":"a","data":{"x":1,"y":2,"x":3}}'],
  ['duplicate by escape', '{"name":"a","n\\u0061me":"b"}'],
  ['duplicate in array', '{"name":"a","data":[{"k":1,"k":1}]}'],
  ['bad UTF-8', new Uint8Array([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')])],
  ['overlong UTF-8', new Uint8Array([...Buffer.from('{"name":"'), 0xc0, 0x80, ...Buffer.from('"}')])],
  ['UTF-16', new Uint8Array(Buffer.from('{"name":"a"}', 'utf16le'))],
  ['byte order mark', '\ufeff{"name":"a"}'],
  ['escaped NUL', '{"name":"a\\u0000b"}'],
  ['NUL in key', '{"name":"a","data":{"\\u0000":1}}'],
  ['raw NUL', '{"name":"a\u0000b"}'],
  ['lone high surrogate', '{"name":"\\ud800"}'],
  ['lone low surrogate', '{"name":"a","data":["\\udc00x"]}'],
  ['surrogate in key', '{"name":"a","data":{"\\ud800":1}}'],
  ['__proto__', '{"name":"a","__proto__":{"polluted":true}}'],
  ['__proto__ nested', '{"name":"a","data":{"__proto__":{"polluted":true}}}'],
  ['__proto__ by escape', '{"name":"a","data":{"__pr\\u006fto__":{"polluted":1}}}'],
  ['too deep', deep(64)],
  ['far too deep', deep(90_000)],
  ['number too large', '{"name":"a","data":1e999}'],
  ['truncated', '{"name":"a"'],
  ['two values', '{"name":"a"}{}'],
  ['trailing comma', '{"name":"a",}'],
  ['comment', '{"name":"a"/* */}'],
  ['NaN', '{"name":"a","data":NaN}'],
  ['hex', '{"name":"a","data":0x10}'],
  ['single quotes', "{'name':'a'}"],
  ['null', 'null'],
  ['array', '[]'],
  ['text', '"x"'],
  ['unclosed text', '{"name":"a'],
  ['blank', ' '],
];

test('S19: malformed and ambiguous JSON is refused before anything is built from it', async () => {
  const before = house.toy.seen.length;
  for (const [name, text] of BAD_BODIES) {
    const answer = await house.call('POST', '/v1/things', { text });
    expect([name, answer.status, answer.body['code']]).toEqual([name, 400, expect.stringMatching(/^request\.(malformed|invalid)$/)]);
  }
  expect(house.toy.seen.length).toBe(before);
  for (const [name, text] of [
    ['depth at the limit', deep(63)],
    ['colon in text', '{"name":"a:b","data":{"a":"\\\\\\":,{","b:":"}"}}'],
    ['pair of surrogates', '{"name":"\\ud83d\\ude00"}'],
    ['escaped quote', '{"name":"\\"","data":"__proto__"}'],
  ] as const) {
    expect([name, (await house.call('POST', '/v1/things', { text })).status]).toEqual([name, 201]);
  }
});

test('S19: one content type a route, without encodings; bodies where none belongs are refused', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json5',
    'application/ld+json',
    'text/json',
    'application/json, text/plain',
    '',
  ]) {
    const answer = await house.call('POST', '/v1/things', { text: '{"name":"a"}', headers: { 'content-type': type } });
    expect([type, answer.status]).toEqual([type, 415]);
  }
  expect((await house.call('POST', '/v1/things', { text: '{"name":"a"}', headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  for (const type of ['application/json', 'Application/JSON; charset=UTF-8'])
    expect((await house.call('POST', '/v1/things', { text: '{"name":"a"}', headers: { 'content-type': type } })).status).toBe(201);
  expect((await house.call('POST', '/v1/things')).status).toBe(400);
  expect((await house.call('DELETE', '/v1/api-keys/0000000000000000', { body: {} })).status).toBe(404);
  expect(
    (await raw(house.port, `GET /v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${house.keys.viewer}\r\nContent-Length: 2\r\n\r\n{}`)).status,
  ).toBe(400);
});

test('an expectation that nobody can meet is a problem like any other', async () => {
  const head = ['POST /v1/things HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${house.keys.owner}`, 'Expect: 200-ok', 'Content-Length: 12'];
  const refused = await raw(house.port, `${head.join('\r\n')}\r\n\r\n{"name":"a"}`);
  expect([refused.status, refused.headers['content-type']]).toEqual([417, 'application/problem+json']);
  expect(JSON.parse(refused.text)).toMatchObject({ code: 'request.expectation', status: 417, instance: '/v1/things' });
});

test('S31: too much body, header, URL or query is refused with an answer', async () => {
  const big = 'x'.repeat(3_000_000);
  expect((await house.call('POST', '/v1/things', { text: big })).status).toBe(413);
  const chunks = new ReadableStream({
    start(controller) {
      for (let at = 0; at < 30; at += 1) controller.enqueue(Buffer.from(big.slice(0, 100_000)));
      controller.close();
    },
  });
  const chunked = await fetch(`${house.url}/v1/things`, {
    method: 'POST',
    body: chunks,
    duplex: 'half',
    headers: { authorization: `Bearer ${house.keys.owner}`, 'content-type': 'application/json' },
  } as RequestInit);
  expect(chunked.status).toBe(413);
  expect((await get(`/v1/me?${'a'.repeat(5_000)}`)).status).toBe(413);
  expect((await get(`/${'a'.repeat(20_000)}`)).status).toBe(431);
  expect((await get('/healthz', `X-Big: ${'a'.repeat(20_000)}`)).status).toBe(431);
  expect((await house.call('GET', `/v1/things?${Array.from({ length: 60 }, (_, at) => `a${at}=1`).join('&')}`)).status).toBe(400);
  expect((await raw(house.port, 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).status).toBe(400);
  expect((await raw(house.port, 'nonsense\r\n\r\n')).status).toBe(400);
});

test('S31: clients that send slowly are cut off with 408 and starve nobody', async () => {
  const sockets = Array.from({ length: 60 }, (_unused, at) => {
    const socket = connect(house.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      at % 2 === 0
        ? 'GET /v1/me HTTP/1.1\r\nHost: loc'
        : `POST /v1/things HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${house.keys.owner}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{`,
    );
    return socket;
  });
  const answers = sockets.map(
    (socket) =>
      new Promise<string>((resolve) => {
        let text = '';
        socket
          .setEncoding('utf8')
          .on('data', (part: string) => {
            text += part;
          })
          .on('close', () => resolve(text));
      }),
  );
  await sleep(50);
  const startedMs = performance.now();
  expect((await house.call('GET', '/v1/me')).status).toBe(200);
  expect(performance.now() - startedMs).toBeLessThan(700);
  for (const text of await Promise.all(answers)) expect(text).toMatch(/^HTTP\/1\.1 408 /);
}, 15_000);

test('S31: a caller whose bodies never end keeps no place from anybody, and has a bound of its own', async () => {
  const head = `POST /v1/things HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${house.keys.owner}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{`;
  const answers = Array.from({ length: 300 }, () => raw(house.port, head));
  await sleep(900);
  const others = await Promise.all(Array.from({ length: 20 }, () => house.call('GET', '/v1/me')));
  expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([408, 503]));
}, 20_000);

test('S40: credentials of any length and spelling are refused with 401, never with an error', async () => {
  const good = house.keys.viewer;
  const wrong = [
    '',
    'x',
    'palace_',
    good.slice(0, -1),
    `${good}0`,
    good.toUpperCase(),
    good.replace(/.$/, (sign) => (sign === '0' ? '1' : '0')),
    `palace_${'0'.repeat(16)}_${'0'.repeat(39)}`,
    'a'.repeat(8_000),
    good.replace('palace_', 'palace_palace_'),
    'é',
    '%00',
  ];
  for (const key of wrong) expect([key, (await get('/v1/me', `Authorization: Bearer ${key}`)).status]).toEqual([key, 401]);
  for (const header of [`Basic ${good}`, good, `Bearer ${good} ${good}`, `Bearer`, `Bearer\t${good}`])
    expect([header, (await get('/v1/me', `Authorization: ${header}`)).status]).toEqual([header, 401]);
  const { equalsInConstantTime } = await import('./credentials.ts');
  for (const [left, right, equal] of [
    ['', '', true],
    ['a', 'a', true],
    ['a', 'b', false],
    ['a', 'ab', false],
    ['', 'a', false],
  ] as const)
    expect(equalsInConstantTime(Buffer.from(left), Buffer.from(right))).toBe(equal);
  expect((await house.call('GET', '/v1/me', { key: good, headers: { authorization: `bearer ${good}` } })).status).toBe(200);
});
