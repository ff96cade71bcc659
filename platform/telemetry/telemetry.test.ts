import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { PalaceError } from '../errors.ts';
import type { Telemetry } from './port.ts';
import { createTelemetry, type TelemetryOptions } from './telemetry.ts';
import { parseTraceparent } from './trace.ts';

const open: Telemetry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((telemetry) => telemetry.close()));
});

function start(options: Partial<TelemetryOptions> = {}): Telemetry & { lines: string[]; last(): Record<string, unknown> } {
  const lines: string[] = [];
  const telemetry = createTelemetry({ service: 'flow', level: 'debug', version: '1.2.3', write: (line) => lines.push(line), ...options });
  open.push(telemetry);
  return { ...telemetry, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

const node = async (script: string): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning', '-e', script], {
    cwd: import.meta.dirname,
  });

describe('logs', () => {
  test('carry ECS names, and run, flow, version, and trace at the top level as well', () => {
    const { log, last } = start();
    log
      .child({ runId: 'r-1', flow: 'shop/orders' })
      .child({ version: '1.0.0', traceId: 'ab', tenant: 'acme' })
      .warn('Step failed', { shard: 3, durationMs: 12 });
    expect(last()).toMatchObject({
      'log.level': 'warn',
      message: 'Step failed',
      'service.name': 'flow',
      'service.version': '1.2.3',
      'process.pid': process.pid,
      runId: 'r-1',
      flow: 'shop/orders',
      version: '1.0.0',
      traceId: 'ab',
      'palace.run_id': 'r-1',
      'palace.flow': 'shop/orders',
      'palace.flow_version': '1.0.0',
      'trace.id': 'ab',
      'palace.tenant': 'acme',
      'palace.shard': 3,
      'palace.duration_ms': 12,
    });
    expect(last()['ecs.version']).toMatch(/^\d/);
    expect(Date.parse(String(last()['@timestamp']))).toBeGreaterThan(0);
  });

  test('describe an error with type, code, message with causes, and stack', () => {
    const { log, last } = start();
    log.error('Commit failed', { error: new PalaceError('unavailable.database', { detail: 'no answer', cause: new Error('ECONNRESET') }) });
    expect(last()).toMatchObject({ 'error.type': 'PalaceError', 'error.code': 'unavailable.database', 'error.message': 'no answer: ECONNRESET' });
    expect(last()['error.stack_trace']).toContain('telemetry.test.ts');
    log.error('Odd', { error: { token: 'x', why: 'y' } });
    expect(last()['error.message']).toBe('{"token":"[redacted]","why":"y"}');
  });

  test('hide secrets in fields, messages, errors, and bound fields', () => {
    const secret = 'Zq7RtY2mKp9LwXc4VbN8';
    const { log, lines } = start();
    const bound = log.child({ apiKey: secret, url: `http://u:${secret}@h/` });
    bound.info(`with Bearer ${secret}`, { headers: { cookie: secret }, error: new Error(`palace_k1a2_${secret}`, { cause: new Error(`token=${secret}`) }) });
    expect(lines.length).toBe(1);
    expect(lines.join('')).not.toContain(secret);
  });

  test('are one line each, without control characters, whatever comes in', () => {
    const { log, lines } = start();
    const nasty = '\u0000\n\r\u001b[31m\u007f\u0085\u009b\u2028\u2029\u202e\u2066\u200b\ufeff';
    const text = fc.string({ unit: fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) });
    log.info(nasty, { [nasty]: nasty, error: new Error(nasty) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: nasty });
    fc.assert(
      fc.property(text, text, fc.jsonValue(), (message, name, value) => {
        const before = lines.length;
        log.info(message, { [name]: value, nested: { [message]: name } });
        expect(lines.length).toBe(before + 1);
      }),
      { verbose: true },
    );
    for (const line of lines) {
      expect(line.endsWith('}\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/);
      JSON.parse(line);
    }
  });

  test('cannot be forged by a field named like one of theirs', () => {
    const { log, last } = start();
    log.info('true', { message: 'false', level: 'error', '@timestamp': 'never', time: 1, pid: 1 });
    expect(last()).toMatchObject({ message: 'true', 'log.level': 'info', 'palace.message': 'false', 'palace.level': 'error' });
  });

  test('below the level cost nothing and are not written', () => {
    const { log, lines } = start({ level: 'warn' });
    log.info('no', {
      get costly(): never {
        throw new Error('read');
      },
    });
    log.debug('no');
    log.warn('yes');
    expect(lines.length).toBe(1);
    start({ level: 'silent' }).log.error('no');
  });

  test('are bounded in size', () => {
    const { log, lines } = start();
    log.info('x'.repeat(1_000_000), { list: Array.from({ length: 10_000 }, () => 'y'.repeat(1_000)) });
    expect(lines[0]?.length).toBeLessThan(200_000);
  });

  test('go to standard error unless a writer is given, and are complete after close', async () => {
    const { stdout, stderr } = await node(`
      const { createTelemetry } = await import('./telemetry.ts');
      const telemetry = createTelemetry({ service: 'flow', level: 'info' });
      for (let i = 0; i < 100; i += 1) telemetry.log.info('line ' + i);
      await telemetry.close();
      process.exit(0);`);
    expect(stdout).toBe('');
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { message: string }).message),
    ).toEqual(Array.from({ length: 100 }, (_, i) => `line ${i}`));
  });
});

describe('spans', () => {
  test('carry valid W3C ids, and a child stays in the trace of its parent', () => {
    const telemetry = start();
    const ids = new Set<string>();
    for (let i = 0; i < 1_000; i += 1) {
      const span = telemetry.span('run');
      const parsed = parseTraceparent(span.traceparent);
      expect(parsed).toMatchObject({ traceId: span.traceId, flags: '01' });
      ids.add(span.traceparent);
    }
    expect(ids.size).toBe(1_000);
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    const child = telemetry.span('step', { parent });
    expect(child.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-00$/);
  });

  test.each([
    '',
    'x',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n-x',
  ])('start a new trace for the malformed parent %j', (parent) => {
    const span = start().span('run', { parent });
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  test('load no SDK and no exporter, and open no socket, while no endpoint is configured', async () => {
    const { stdout } = await node(`
      // The metrics library takes the bare API package along, which has no network code.
      import { registerHooks } from 'node:module';
      import diagnostics from 'node:diagnostics_channel';
      const seen = [];
      let sockets = 0;
      diagnostics.subscribe('net.client.socket', () => { sockets += 1; });
      registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
      const { createTelemetry } = await import('./telemetry.ts');
      const telemetry = createTelemetry({ service: 'flow', level: 'silent' });
      const span = telemetry.span('run');
      span.set({ a: 1 });
      span.end({ error: new Error('x') });
      await telemetry.metrics();
      await telemetry.close();
      console.log(JSON.stringify({ loaded: seen.filter((name) => name.includes('opentelemetry') && name !== '@opentelemetry/api'), sockets, modules: seen.length > 0 }));
      process.exit(0);`);
    expect(JSON.parse(stdout)).toEqual({ loaded: [], sockets: 0, modules: true });
  });

  test('reach the configured collector with ids, attributes, and status, and without secrets', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = `${request.url} `;
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => (bodies.push(body), response.writeHead(200, { 'content-type': 'application/json' }).end('{}')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const telemetry = start({ otlpEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const run = telemetry.span('run', { attributes: { 'palace.flow': 'a/b', apiKey: 'hidden-value' } });
    const step = telemetry.span('step', { parent: run.traceparent });
    step.set({ attempt: 2 });
    step.end({ error: new Error('went wrong') });
    step.end();
    run.end();
    telemetry.span('unsampled', { parent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' }).end();
    await telemetry.close();
    server.close();
    expect(bodies.length).toBe(1);
    expect(bodies[0]).toMatch(/^\/v1\/traces /);
    expect(bodies[0]).not.toContain('hidden-value');
    const payload = JSON.parse((bodies[0] ?? '').slice('/v1/traces '.length)) as {
      resourceSpans: { resource: unknown; scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    const spans = payload.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(spans.map((span) => [span['name'], span['traceId']])).toEqual([
      ['step', run.traceId],
      ['run', run.traceId],
    ]);
    expect(spans[0]).toMatchObject({ parentSpanId: spans[1]?.['spanId'], status: { code: 2, message: 'went wrong' } });
    expect(JSON.stringify(payload.resourceSpans[0]?.resource)).toContain('"flow"');
  });

  test('are given up within seconds when the collector is away', async () => {
    const telemetry = start({ otlpEndpoint: 'http://127.0.0.1:9' });
    for (let i = 0; i < 5_000; i += 1) telemetry.span('run').end();
    const began = performance.now();
    await telemetry.close();
    expect(performance.now() - began).toBeLessThan(6_000);
  });
});
