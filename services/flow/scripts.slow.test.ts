// Scripts, commands and containers as steps of runs: what is published, what the journal keeps, what a person sees, what is refused.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, test } from 'vitest';
import { flowText, history, openForFile, reached, start, until, type Installation, type TestNode } from './testing.ts';

let house: Installation;
let node: TestNode;

openForFile((...opened) => void ([house, node] = opened), { config: { code: { allowShell: ['acme/test'] } } });

const publish = (name: string, steps: unknown, version = '1.0.0') => node.flow.publish('acme', flowText(name, steps, { version }));
const script = (code: string, more: { readonly [key: string]: Json } = {}, mode?: string): Json => ({
  run: { script: { language: 'js', code, ...more }, ...(mode !== undefined && { return: mode }) },
});
const shell = (command: string, more: { readonly [key: string]: Json } = {}, mode?: string): Json => ({
  run: { shell: { command, ...more }, ...(mode !== undefined && { return: mode }) },
});
async function outcome(name: string, steps: unknown, input: Json = {}): Promise<Record<string, Json | undefined>> {
  await publish(name, steps);
  return reached(node, await start(node, name, input), 'completed', 'failed');
}

describe('a script', () => {
  test('gets the data of its step and gives the next one its output', async () => {
    const page = await outcome(
      's-data',
      [
        {
          price: {
            ...(script('const order = JSON.parse(process.argv[2]); console.log(JSON.stringify({ total: order.net * 2 }))', {
              arguments: ['${ . }'],
            }) as object),
            output: { as: 'fromjson' },
          },
        },
        { tell: { set: { told: '${ "total \\(.total)" }' } } },
      ],
      { net: 21 },
    );
    expect(page).toMatchObject({ status: 'completed', output: { told: 'total 42' } });
  });

  test('is in the journal with its arguments and its result, not with its code', async () => {
    await publish('s-journal', [{ work: script('console.log("MARK-RESULT", process.argv[2]) // MARK-CODE', { arguments: ['MARK-ARGUMENT'] }, 'all') }]);
    const id = await start(node, 's-journal');
    expect(await reached(node, id, 'completed')).toMatchObject({ output: { code: 0, stdout: 'MARK-RESULT MARK-ARGUMENT\n', stderr: '' } });
    const events = await history(node, id);
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(['effect.requested', 'effect.completed']));
    const kept = JSON.stringify(await house.sql('select body from flow.journal where run = $1', [id]));
    expect(kept).toContain('MARK-ARGUMENT');
    expect(kept).not.toContain('MARK-CODE');
  });

  test('that fails is a fault that says what it said, and can be caught and tried again', async () => {
    const failing = {
      try: [{ work: script('throw new Error("no stock")') }],
      catch: {
        as: 'e',
        retry: { delay: { milliseconds: 10 }, limit: { attempt: { count: 3 } } },
        do: [{ tell: { set: { why: '${ $e.detail }', at: '${ $e.instance }' } } }],
      },
    };
    const { output } = await outcome('s-caught', [{ guard: failing }]);
    expect(output).toEqual({ why: expect.stringMatching(/^The script ended with code 1: Error: no stock\n/), at: '/do/0/guard/try/0/work' });
    expect(await outcome('s-fails', [{ work: script('process.exit(4)') }])).toMatchObject({
      status: 'failed',
      error: { status: 500, detail: 'The script ended with code 4.', instance: '/do/0/work' },
    });
  });

  test('that never ends fails at its deadline, and at the timeout of its step; those beside it go on', async () => {
    await publish('s-loop', [{ work: { ...(script('for (;;);') as object), metadata: { palace: { deadline: 'PT0.5S' } } } }]);
    await publish('s-timeout', [{ work: { ...(script('for (;;);') as object), timeout: { after: { milliseconds: 400 } } } }]);
    await publish('s-fine', [{ work: script('console.log("fine")') }]);
    const [loop, late, ...fine] = await Promise.all(['s-loop', 's-timeout', 's-fine', 's-fine'].map((name) => start(node, name)));
    expect(await reached(node, loop ?? '', 'failed')).toMatchObject({ error: { status: 408, detail: 'The script did not end within 0.5 s.' } });
    expect(await reached(node, late ?? '', 'failed')).toMatchObject({ error: { status: 408 } });
    for (const id of fine) expect(await reached(node, id, 'completed')).toMatchObject({ output: 'fine\n' });
  });

  test.runIf(process.platform === 'linux')('whose runner is killed fails, and its retry gets another runner', async () => {
    const body = {
      try: [{ work: script('const until = Date.now() + 1500; while (Date.now() < until); console.log("done")') }],
      catch: { retry: { delay: { milliseconds: 10 } } },
    };
    await publish('s-killed', [{ guard: body }]);
    const id = await start(node, 's-killed');
    const pid = await until('a runner works', async () => runners().find(isBusy));
    process.kill(pid, 'SIGKILL');
    expect(await reached(node, id, 'completed')).toMatchObject({ output: 'done\n' });
    const failed = (await history(node, id)).filter((event) => event.type === 'effect.failed');
    expect(failed).toMatchObject([
      { data: { fault: { status: 500, detail: expect.stringMatching(/The script was lost: the code runner ended \(SIGKILL\)/) } } },
    ]);
  });

  test('is under way when the server stops and is done again by the next one', async () => {
    await publish('s-restart', [{ work: script('const until = Date.now() + 3000; while (Date.now() < until); console.log("done")') }]);
    const id = await start(node, 's-restart');
    await until('it is under way', async () => (await history(node, id)).some((event) => event.type === 'effect.requested'));
    await node.close();
    node = await house.open({ config: { code: { allowShell: ['acme/test'] } } });
    expect(await reached(node, id, 'completed')).toMatchObject({ output: 'done\n' });
  });

  test('in Python compiles and says at run time why it does not run', async () => {
    expect(await outcome('s-python', [{ work: { run: { script: { language: 'python', code: 'print(1)' } } } }])).toMatchObject({
      status: 'failed',
      error: { status: 400, detail: expect.stringMatching(/^Python scripts are not available yet/) },
    });
  });
});

describe('a command', () => {
  test('runs where it is allowed, and returns what the step asks for', async () => {
    const page = await outcome(
      'c-runs',
      [{ work: shell('read line; echo "$1 $line $NAME"; exit 3', { arguments: ['${ .a }'], environment: { NAME: 'n' }, stdin: 'in' }, 'all') }],
      { a: 1 },
    );
    expect(page).toMatchObject({ status: 'completed', output: { code: 3, stdout: '1 in n\n', stderr: '' } });
  });

  test('that is killed in the middle is in doubt: it may have happened', async () => {
    await publish('c-doubt', [{ work: { ...(shell('sleep 30') as object), metadata: { palace: { deadline: 'PT0.3S' } } } }]);
    expect(await reached(node, await start(node, 'c-doubt'), 'waiting')).toMatchObject({ waitingFor: [{ kind: 'in-doubt' }] });
  });

  test('is refused when its flow is published elsewhere, by line and column, and by validation alike', async () => {
    const text = (namespace: string): string =>
      `document: {dsl: '1.0.3', namespace: ${namespace}, name: x, version: '1.0.0'}\ndo:\n  - clean:\n      run: {shell: {command: ls}}\n  - box:\n      run: {container: {image: alpine}}\n`;
    const errors = [
      {
        path: '/do/0/clean',
        line: 3,
        column: 5,
        message: 'Commands are not allowed in the namespace "sales" of this server.',
        suggestion: 'Whoever runs the server allows them with PALACE_ALLOW_SHELL=acme/sales.',
      },
      {
        path: '/do/1/box',
        line: 5,
        column: 5,
        message: 'Containers of "alpine" are not allowed in the namespace "sales" of this server.',
        suggestion: 'Whoever runs the server allows them with PALACE_ALLOW_CONTAINERS=acme/sales=alpine.',
      },
    ];
    const published = await node.call('POST', '/v1/flows', { body: { source: text('sales') } });
    expect(published).toMatchObject({ status: 422, body: { code: 'flow.invalid', errors } });
    expect((await node.call('POST', '/v1/flows/validate', { body: { source: text('sales') } })).body).toEqual({ ok: false, errors });
    expect((await node.call('POST', '/v1/flows', { body: { source: text('test') } })).body['errors']).toMatchObject([{ path: '/do/1/box' }]);
    expect((await node.call('POST', '/v1/flows', { tenant: 'other', body: { source: text('test') } })).status).toBe(422);
    await expect(node.flow.publish('acme', text('sales'))).rejects.toMatchObject({ code: 'flow.invalid' });
  });

  test('and scripts are refused at run time when they were allowed at publishing and are not any more', async () => {
    await publish('c-later', [{ work: shell('echo ran') }]);
    await publish('s-later', [{ work: script('console.log(1)') }]);
    await node.close();
    node = await house.open({ config: { code: { sandbox: 'off' } } });
    expect(await reached(node, await start(node, 'c-later'), 'failed')).toMatchObject({
      error: { status: 403, detail: expect.stringMatching(/not allowed in the namespace "test"/) },
    });
    expect(await reached(node, await start(node, 's-later'), 'failed')).toMatchObject({
      error: { status: 400, detail: expect.stringMatching(/switched off on this server/) },
    });
    await node.close();
    node = await house.open({ config: { code: { allowShell: ['acme/test'] } } });
  });
});

describe('a sub-flow', () => {
  test('that is to return nothing gives null', async () => {
    await publish('w-child', [{ a: { set: { x: 1 } } }]);
    const run = (mode: object): unknown => ({ run: { workflow: { namespace: 'test', name: 'w-child', version: '1.0.0' }, ...mode } });
    expect(await outcome('w-none', [{ sub: run({ return: 'none' }) }])).toMatchObject({ status: 'completed', output: null });
    expect(await outcome('w-out', [{ sub: run({ return: 'stdout' }) }])).toMatchObject({ status: 'completed', output: { x: 1 } });
  });
});

/** Runner processes of this test: our children that read main.ts. */
function runners(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('code-runner/main.ts') &&
          readlinkSync(`/proc/${pid}/cwd`) === '/' &&
          parentOf(pid) === process.pid
        );
      } catch {
        return false;
      }
    });
}

const parentOf = (pid: number): number => Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
const isBusy = (pid: number): boolean => /\) R /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
