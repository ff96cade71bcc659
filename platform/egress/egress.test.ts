import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PalaceError } from '../errors.ts';
import { createEgress, type EgressOptions } from './egress.ts';
import { type Answer, eventually, type Recorder, recordHttp, recordTcp, rule } from './loopback.ts';
import { EgressFailure, type Egress, type EgressRequest, type EgressResponse, type EgressRule } from './port.ts';
import type { Refusal } from './policy.ts';

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(toClose.splice(0).map((thing) => thing.close()));
});
const kept = <Thing extends { close(): Promise<void> }>(thing: Thing): Thing => {
  toClose.push(thing);
  return thing;
};
const http = async (answer?: Answer, port?: number, host?: string): Promise<Recorder> => kept(await recordHttp(answer, port, host));
const tcp = async (onData: (socket: Socket, text: string) => void): Promise<Recorder> => kept(await recordTcp(onData));
const client = (rules: readonly EgressRule[], options: Partial<EgressOptions> = {}): Egress =>
  kept(createEgress({ rules: { list: async () => rules }, ...options }));

const send = (egress: Egress, url: string, more: Partial<EgressRequest> = {}): Promise<EgressResponse> =>
  egress.request({ tenant: 'acme', method: 'GET', url, deadlineMs: 2_000, maxResponseBytes: 100_000, maxRedirects: 0, ...more });
const failure = (work: Promise<EgressResponse>): Promise<EgressFailure> =>
  work.then(
    () => Promise.reject(new Error('it was answered')),
    (error: unknown) => (error instanceof EgressFailure ? error : Promise.reject(error)),
  );
const outcome = async (work: Promise<EgressResponse>): Promise<string> => {
  const { kind, reach } = await failure(work);
  return `${kind} ${reach}`;
};
const base = (server: Recorder): string => `http://127.0.0.1:${server.port}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('requests and answers', () => {
  test('carry method, headers, and body, ask for no compression, and give back status, headers, and bytes', async () => {
    const server = await http((_request, response) => response.writeHead(418, { 'X-One': 'a', 'Set-Cookie': ['a=1', 'b=2'] }).end('süß'));
    const egress = client([rule('127.0.0.1', server.port)]);
    const answer = await send(egress, `${base(server)}/a?b=c#d`, {
      method: 'post',
      headers: { 'X-Two': 'b', 'Accept-Encoding': 'gzip' },
      body: new TextEncoder().encode('ü'),
    });
    expect(server.seen).toMatchObject([
      { method: 'POST', url: '/a?b=c', body: 'ü', headers: { 'x-two': 'b', 'accept-encoding': 'identity', 'content-length': '2' } },
    ]);
    expect([answer.status, answer.url, Buffer.from(answer.body).toString()]).toEqual([418, `${base(server)}/a?b=c`, 'süß']);
    expect(answer.headers).toMatchObject({ 'x-one': 'a', 'set-cookie': 'a=1, b=2' });
    expect(Object.getPrototypeOf(answer.headers)).toBeNull();
  });

  test('leave the fields of the connection to the client', async () => {
    const server = await http();
    const own = {
      Host: 'evil.test',
      'Content-Length': '999',
      Connection: 'close',
      'Transfer-Encoding': 'chunked',
      Upgrade: 'h2c',
      Expect: '100-continue',
      TE: 'trailers',
    };
    await send(client([rule('127.0.0.1', server.port)]), base(server), { method: 'POST', body: 'abc', headers: own });
    const [seen] = server.seen;
    expect(seen?.headers).toEqual({ host: `127.0.0.1:${server.port}`, connection: 'keep-alive', 'accept-encoding': 'identity', 'content-length': '3' });
  });

  test.each([
    { headers: { 'x-a': 'b\r\nx-evil: 1' } },
    { headers: { 'x-a\r\nx-evil': '1' } },
    { headers: { 'x a': '1' } },
    { headers: { '': '1' } },
    { headers: { 'x-a': 'b\u0000' } },
    { method: 'GET / HTTP/1.1\r\n' },
    { method: 'CONNECT' },
    { method: 'TRACE' },
    { method: '' },
  ])('are refused before sending when they are malformed: %j', async (more) => {
    const server = await http();
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server), more))).toBe('bad-url not-sent');
    expect(server.seen).toEqual([]);
  });

  test('are one answer after informational ones', async () => {
    const server = await tcp((socket) => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    const answer = await send(client([rule('127.0.0.1', server.port)]), base(server));
    expect([answer.status, answer.headers['link'], Buffer.from(answer.body).toString()]).toEqual([200, undefined, 'ok']);
  });
});

describe('the size of an answer', () => {
  const cases: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['announced', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n')],
    [
      'chunked without end',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        const more = setInterval(() => socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 1);
        socket.on('close', () => clearInterval(more));
      },
    ],
    [
      'until close',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = setInterval(() => socket.write('x'.repeat(4096)), 1);
        socket.on('close', () => clearInterval(more));
      },
    ],
  ];
  test.each(cases)('is bounded when it is %s, and the socket is destroyed', async (_name, answer) => {
    const server = await tcp((socket) => answer(socket));
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server), { maxResponseBytes: 20_000 }))).toBe('too-large maybe-received');
    expect(await eventually(() => server.open.size === 0, 500)).toBe(true);
  });

  test('may be exactly the limit', async () => {
    const server = await http((_request, response) => response.end('x'.repeat(1_000)));
    const egress = client([rule('127.0.0.1', server.port)]);
    expect((await send(egress, base(server), { maxResponseBytes: 1_000 })).body.length).toBe(1_000);
    expect(await outcome(send(egress, base(server), { maxResponseBytes: 999 }))).toBe('too-large maybe-received');
  });

  test('does not grow by unpacking: a compressed bomb stays as small as it was sent', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await http((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const answer = await send(client([rule('127.0.0.1', server.port)]), base(server));
    expect(answer.body.length).toBe(bomb.length);
  });

  test('is bounded for headers', async () => {
    const server = await tcp((socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x-a: '.padEnd(1_000, 'y')}\r\n`.repeat(100)));
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server)))).toBe('reset maybe-received');
  });
});

describe('deadline, abort, and broken connections', () => {
  test('the deadline destroys the socket of a server that says nothing, says half, or drips', async () => {
    for (const start of ['', 'HTTP/1.1 200 OK\r\ncontent-le', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n']) {
      const server = await tcp((socket) => {
        socket.write(start);
        const drip = setInterval(() => start.endsWith('\r\n\r\n') && socket.write('x'), 20);
        socket.on('close', () => clearInterval(drip));
      });
      const began = performance.now();
      expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server), { deadlineMs: 150 }))).toBe('timeout maybe-received');
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(await eventually(() => server.open.size === 0, 500)).toBe(true);
    }
  });

  test('the deadline covers names and rules', async () => {
    const never = new Promise<never>(() => undefined);
    const stuckNames = client([], { resolve: () => never });
    expect(await outcome(send(stuckNames, 'http://stuck.test/', { deadlineMs: 50 }))).toBe('timeout not-sent');
    const stuckRules = kept(createEgress({ rules: { list: () => never } }));
    expect(await outcome(send(stuckRules, 'http://127.0.0.1:1/', { deadlineMs: 50 }))).toBe('unready not-sent');
  });

  test('a request that waited for a connection past its deadline is never sent', async () => {
    const server = await http((request, response) => void setTimeout(() => response.end('ok'), request.url === '/slow' ? 300 : 0));
    const egress = client([rule('127.0.0.1', server.port)], { maxConnections: 1 });
    const slow = send(egress, `${base(server)}/slow`);
    expect(await outcome(send(egress, `${base(server)}/late`, { deadlineMs: 60 }))).toBe('timeout not-sent');
    await slow;
    await send(egress, `${base(server)}/next`);
    expect(server.seen.map(({ url }) => url)).toEqual(['/slow', '/next']);
  });

  test('abort destroys the socket, and stops what was not sent yet', async () => {
    const server = await http(() => undefined);
    const egress = client([rule('127.0.0.1', server.port)]);
    expect(await outcome(send(egress, base(server), { signal: AbortSignal.abort() }))).toBe('aborted not-sent');
    const stop = new AbortController();
    const pending = outcome(send(egress, base(server), { signal: stop.signal }));
    expect(await eventually(() => server.seen.length === 1, 1_000)).toBe(true);
    stop.abort();
    expect(await pending).toBe('aborted maybe-received');
    expect(await eventually(() => server.open.size === 0, 500)).toBe(true);
  });

  test.each(['GET', 'POST', 'PUT'])('a connection that breaks after a %s is never repeated by the client', async (method) => {
    let requests = 0;
    const server = await tcp((socket) => {
      requests += 1;
      socket.destroy();
    });
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server), { method }))).toBe('reset maybe-received');
    await sleep(50);
    expect(requests).toBe(1);
  });

  test('a refused connection was not sent', async () => {
    const server = await recordHttp();
    await server.close();
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server)))).toBe('connect not-sent');
  });

  test('an answer that is no HTTP is a broken connection', async () => {
    const server = await tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await outcome(send(client([rule('127.0.0.1', server.port)]), base(server)))).toBe('reset maybe-received');
  });

  test('an idle connection closed by the server costs nothing', async () => {
    const server = await http();
    const egress = client([rule('127.0.0.1', server.port)]);
    await send(egress, base(server), { method: 'POST', body: 'a' });
    for (const socket of server.open) socket.destroy();
    expect((await send(egress, base(server), { method: 'POST', body: 'b' })).status).toBe(200);
  });

  test('after close nothing is sent', async () => {
    const server = await http();
    const egress = client([rule('127.0.0.1', server.port)]);
    await send(egress, base(server));
    await egress.close();
    expect(await outcome(send(egress, base(server)))).toBe('aborted not-sent');
    expect(await eventually(() => server.open.size === 0, 500)).toBe(true);
  });
});

describe('connections', () => {
  test('are kept and used again', async () => {
    const server = await http();
    const egress = client([rule('127.0.0.1', server.port)]);
    for (let i = 0; i < 30; i += 1) await send(egress, base(server), { method: 'POST', body: '{}' });
    // Two, because the next request may start while the pool still closes the books on the last one.
    expect(server.connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 200 }, () => send(egress, base(server))));
    expect(server.connections).toBeLessThanOrEqual(128);
    expect(server.seen.length).toBe(230);
  });

  test('of one tenant serve no other: neither one without the rule nor one with it', async () => {
    const server = await http();
    const egress = client([rule('127.0.0.1', server.port, 'allow', 'acme'), rule('127.0.0.1', server.port, 'allow', 'brand')]);
    await send(egress, base(server));
    await sleep(20); // the connection is idle now
    expect(await outcome(send(egress, base(server), { tenant: 'other' }))).toBe('refused not-sent');
    expect(server.connections).toBe(1);
    await send(egress, base(server), { tenant: 'brand' });
    expect(server.connections).toBe(2);
    await sleep(20);
    await send(egress, base(server));
    expect(server.connections).toBe(2);
  });

  test('go to the address that was checked, although the name changes meanwhile', async () => {
    const good = await http((_request, response) => response.end('good'));
    const evil = await http((_request, response) => response.end('evil'), good.port, '127.0.0.2');
    let asked = 0;
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    const egress = client([rule('rebind.test', good.port)], { resolve });
    const answer = await send(egress, `http://rebind.test:${good.port}/`);
    expect([Buffer.from(answer.body).toString(), asked, evil.connections]).toEqual(['good', 1, 0]);
    expect(good.seen[0]?.headers.host).toBe(`rebind.test:${good.port}`);
  });

  test('of an old answer are not used once the name resolves to something else', async () => {
    const server = await http();
    let address = '127.0.0.1';
    const egress = client([rule('rebind.test', server.port)], { resolve: async () => [{ address, family: 4 }] });
    const url = `http://rebind.test:${server.port}/`;
    await send(egress, url);
    address = '169.254.169.254';
    await sleep(1_050);
    expect(await outcome(send(egress, url))).toBe('refused not-sent');
    expect(server.seen.length).toBe(1);
  });

  test('try every checked address of a name', async () => {
    const server = await http();
    const resolve = async () => ['::1', '127.0.0.1'].map((address) => ({ address, family: address === '::1' ? 6 : 4 }));
    expect((await send(client([rule('two.test', server.port)], { resolve }), `http://two.test:${server.port}/`)).status).toBe(200);
  });
});

describe('rules', () => {
  test('open an exact host and port, however it is spelled, and nothing beside it', async () => {
    const server = await http();
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const egress = client([rule('127.0.0.1', server.port), rule('Box.Test.', server.port)], { resolve });
    const { port } = server;
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '127.0.0.1.', 'box.test', 'BOX.test', 'box.test.']) {
      expect((await send(egress, `http://${host}:${port}/`)).status).toBe(200);
    }
    for (const host of ['localhost', '127.0.0.2', 'other.test', 'a.box.test', '[::ffff:127.0.0.1]']) {
      expect(await outcome(send(egress, `http://${host}:${port}/`))).toBe('refused not-sent');
    }
    expect(await outcome(send(egress, `http://127.0.0.1:${port + 1}/`))).toBe('refused not-sent');
  });

  test('that deny win over those that allow, and close public addresses too', async () => {
    const server = await http();
    const denied = client([rule('127.0.0.1', server.port), rule('127.0.0.1', server.port, 'deny'), rule('1.1.1.1', 80, 'deny')]);
    expect(await outcome(send(denied, base(server)))).toBe('refused not-sent');
    const refused = await failure(send(denied, 'http://1.1.1.1/'));
    expect(refused.message).toMatch(/1\.1\.1\.1:80.*public.*rule denies.*palace egress allow 1\.1\.1\.1:80/);
  });

  test('cannot open metadata, link-local, reserved, or multicast addresses', async () => {
    for (const host of [
      '169.254.169.254',
      '169.254.1.1',
      '168.63.129.16',
      '0.0.0.0',
      '192.0.2.1',
      '224.0.0.1',
      'fe80::1',
      'fd00:ec2::254',
      'metadata.google.internal',
    ]) {
      const egress = client([rule(host, 80)], { resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
      expect(await outcome(send(egress, `http://${host.includes(':') ? `[${host}]` : host}/`))).toBe('refused not-sent');
    }
  });

  test('are asked at most once a second, and a change holds after that', async () => {
    const server = await http();
    let rules: readonly EgressRule[] = [rule('127.0.0.1', server.port)];
    let asked = 0;
    const egress = kept(createEgress({ rules: { list: async () => ((asked += 1), rules) } }));
    await Promise.all(Array.from({ length: 50 }, () => send(egress, base(server))));
    expect(asked).toBe(1);
    rules = [];
    await sleep(1_050);
    expect(await outcome(send(egress, base(server)))).toBe('refused not-sent');
    expect(asked).toBe(2);
  });

  test('that cannot be read because the database is away are no fault of the remote', async () => {
    const away = new PalaceError('unavailable.database');
    const egress = kept(createEgress({ rules: { list: () => Promise.reject(away) } }));
    expect(await outcome(send(egress, 'http://1.1.1.1/'))).toBe('unready not-sent');
  });

  test('that cannot be read stop everything', async () => {
    const egress = kept(createEgress({ rules: { list: () => Promise.reject(new Error('the database is away')) } }));
    expect(await outcome(send(egress, 'http://1.1.1.1/'))).toBe('connect not-sent');
  });

  test('of another tenant in the same list do not count', async () => {
    const server = await http();
    expect(await outcome(send(client([rule('127.0.0.1', server.port, 'allow', 'brand')]), base(server)))).toBe('refused not-sent');
  });

  test('report each refusal with its class', async () => {
    const refusals: Refusal[] = [];
    const egress = client([], { onRefused: (refusal) => refusals.push(refusal) });
    await failure(send(egress, 'http://10.0.0.1:8080/'));
    expect(refusals).toEqual([{ tenant: 'acme', host: '10.0.0.1', port: 8080, address: '10.0.0.1', addressClass: 'private' }]);
  });
});

describe('a request that may be held back', () => {
  test('is asked about in the moment in which it would be written, and then certainly not sent', async () => {
    let free: (() => void) | undefined;
    const server = await http((request, response) => {
      if (request.url === '/first') free = () => void response.end('1');
      else response.end('2');
    });
    const egress = client([rule('127.0.0.1', server.port)], { maxConnections: 1 });
    const first = send(egress, `${base(server)}/first`);
    expect(await eventually(() => server.seen.length === 1, 2_000)).toBe(true);
    let mayBegin = true;
    const asked: boolean[] = [];
    const ask = (): boolean => (asked.push(mayBegin), mayBegin);
    // It waits for the one connection there is.
    const second = outcome(send(egress, `${base(server)}/second`, { mayBegin: ask }));
    await sleep(50);
    expect(asked).toEqual([]);
    mayBegin = false;
    free?.();
    await first;
    expect(await second).toBe('aborted not-sent');
    expect(asked).toEqual([false]);
    mayBegin = true;
    expect((await send(egress, `${base(server)}/third`, { mayBegin: ask })).status).toBe(200);
    expect(server.seen.map(({ url }) => url)).toEqual(['/first', '/third']);
  });
});
