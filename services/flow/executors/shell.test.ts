// Commands as the step sees them: real ones, on this machine.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/json.ts';
import { describe, expect, it } from 'vitest';
import { createPlaces } from '../code-runner/places.ts';
import type { EffectCall, EffectOutcome } from './executor.ts';
import { shellExecutor, type ShellSettings } from './shell.ts';
import { effectCall } from './testing-call.ts';

const SETTINGS: ShellSettings = { allowed: ['acme/ops'], maxMs: 60_000, outputBytes: 10_000 };
const shell = shellExecutor(SETTINGS, createPlaces({ running: 4, waiting: 10 }));

function run(code: string, args: { readonly [key: string]: Json } = {}, how: Partial<EffectCall> = {}): Promise<EffectOutcome> {
  return shell(effectCall({ flow: 'ops/nightly', class: 'unique', args, code, deadlineMs: 30_000, ...how }));
}
const fault = (status: number, detail: RegExp, reach: string) => ({ ok: false, reach, fault: { status, detail: expect.stringMatching(detail) } });
const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('palace-command-'));
/** A zombie is dead: it waits for whoever inherited it. */
const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('a command', () => {
  it('gets its arguments, environment and standard input', async () => {
    const args = { arguments: ['Foo', 'b a r'], environment: { NAME: 'ü' }, stdin: { in: 'put' } };
    expect(await run('input=$(cat); echo "$input|$1|$2|$NAME"', args)).toEqual({ ok: true, result: '{"in":"put"}|Foo|b a r|ü\n' });
  });

  it('returns what the step asks for', async () => {
    const code = 'echo out; echo err >&2; exit 3';
    expect(await run(code, { return: 'all' })).toEqual({ ok: true, result: { code: 3, stdout: 'out\n', stderr: 'err\n' } });
    expect(await run(code, { return: 'code' })).toEqual({ ok: true, result: 3 });
    expect(await run('echo out; echo err >&2', { return: 'stderr' })).toEqual({ ok: true, result: 'err\n' });
    expect(await run('echo out', { return: 'none' })).toEqual({ ok: true, result: null });
    expect(await run(code)).toMatchObject(fault(500, /^The command ended with code 3: err$/, 'answered'));
    expect(await run('kill -9 $$', { return: 'code' })).toEqual({ ok: true, result: 137 });
  });

  it('finds no environment of the server, and an empty folder that is gone afterwards', async () => {
    const before = folders();
    const seen = await run('env | grep -v -E "^(PWD|OLDPWD|SHLVL|_)="; pwd; ls -A; echo x > left', { environment: { A: 'b' } });
    expect(seen).toMatchObject({ ok: true, result: expect.stringMatching(/^A=b\n\S+palace-command-\w+\n$/) });
    expect(folders()).toEqual(before);
  });

  it('does not run the values that it is given', async () => {
    const args = { arguments: ['$(echo run)', '`echo run`', '; echo run'], environment: { X: '$(echo run)' } };
    expect(await run('printf "%s|" "$@" "$X"', args)).toEqual({ ok: true, result: '$(echo run)|`echo run`|; echo run|$(echo run)|' });
  });

  it('may leave its input unread', async () => {
    expect(await run('true', { stdin: 'x'.repeat(1_000_000), return: 'code' })).toEqual({ ok: true, result: 0 });
  });
});

describe('a command that does not end well', () => {
  it('is killed at its deadline with all that it started: its outcome is unknown', async () => {
    const told = run('echo $$; sleep 100 & echo $! > /dev/stderr; sleep 100', {}, { deadlineMs: 300 });
    expect(await told).toMatchObject(fault(408, /did not end within 0.3 s and was killed/, 'unknown'));
    expect(folders()).toEqual([]);
  });

  it('takes what it left running with it, and does not wait for it', async () => {
    const { ok, result } = (await run('sleep 100 & echo $!')) as { ok: boolean; result: string };
    expect(ok).toBe(true);
    await sleep(100);
    expect(isAlive(result.trim())).toBe(false);
  });

  it('does not wait for what has left its group either', async () => {
    expect(await run('command -v setsid > /dev/null && setsid sleep 2 & echo done')).toEqual({ ok: true, result: 'done\n' });
  });

  it('is killed when it writes too much', async () => {
    expect(await run('yes')).toMatchObject(fault(500, /writes more than 10000 bytes/, 'unknown'));
    expect(await run('yes >&2')).toMatchObject(fault(500, /writes more than 10000 bytes/, 'unknown'));
  });

  it('is killed when nobody waits for it any more', async () => {
    const stop = new AbortController();
    const told = run('sleep 100', {}, { signal: stop.signal });
    await sleep(50);
    stop.abort();
    expect(await told).toMatchObject({ ok: false, reach: 'unknown' });
  });

  it('that cannot be started was not sent', async () => {
    expect(await run('true', { arguments: ['a\u0000b'] })).toMatchObject(fault(400, /cannot be started/, 'not-sent'));
    expect(await run('true', { arguments: ['x'.repeat(10_000_000)] })).toMatchObject(fault(400, /cannot be started/, 'not-sent'));
  });

  it('is not begun when no place comes free', async () => {
    const narrow = shellExecutor(SETTINGS, createPlaces({ running: 1, waiting: 1 }));
    const call = (deadlineMs: number): Promise<EffectOutcome> => narrow(effectCall({ flow: 'ops/n', class: 'unique', code: 'sleep 0.6', deadlineMs }));
    const first = call(10_000);
    const second = call(200);
    expect(await call(200)).toMatchObject(fault(503, /Too many commands/, 'not-sent'));
    expect(await second).toMatchObject(fault(408, /did not get its turn/, 'not-sent'));
    expect(await first).toMatchObject({ ok: true });
  });
});

describe('a command that is not allowed', () => {
  it.each([
    ['in another namespace', { flow: 'sales/nightly' }],
    ['of another tenant', { tenant: 'other' }],
  ])('%s is refused before anything happens', async (_what, how) => {
    expect(await run('echo ran', {}, how)).toMatchObject(fault(403, /not allowed in the namespace/, 'not-sent'));
  });

  it('is allowed for every tenant by a bare namespace', async () => {
    const open = shellExecutor({ ...SETTINGS, allowed: ['ops'] }, createPlaces({ running: 1, waiting: 1 }));
    const call = effectCall({ tenant: 'any', flow: 'ops/n', class: 'unique', code: 'echo ran' });
    expect(await open(call)).toEqual({ ok: true, result: 'ran\n' });
  });
});
