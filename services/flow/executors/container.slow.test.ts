// Containers as the step sees them: real ones, by podman, where this machine can run them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@palace/jq/json.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { createPlaces } from '../code-runner/places.ts';
import { containerName, CONTAINER_LABEL } from '../core/container.ts';
import { containerExecutor, sweepContainers, type ContainerSettings } from './container.ts';
import { openPodman } from './testing.ts';
import type { EffectCall } from './executor.ts';
import { effectCall } from './testing-call.ts';

const podman = openPodman();
const there = 'program' in podman;
const { program, image, call: direct } = there ? podman : { program: '', image: '', call: () => '' };
const folder = mkdtempSync(join(tmpdir(), 'palace-mounted-'));
afterAll(() => {
  if (there) podman.close();
  rmSync(folder, { recursive: true, force: true });
});

const BOUNDS = { network: 'none', memoryBytes: 67_108_864, cpuPercent: 100, processes: 20, tmpBytes: 4_194_304 };
const SETTINGS: ContainerSettings = {
  allowed: { images: ['acme/ops=localhost/*'], folders: [`acme/ops=${folder}`] },
  bounds: BOUNDS,
  maxMs: 60_000,
  outputBytes: 10_000,
  program,
  environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
};
let keys = 0;

function run(command: string | undefined, args: { readonly [key: string]: Json } = {}, how: Partial<EffectCall> = {}, more: Partial<ContainerSettings> = {}) {
  return containerExecutor(
    { ...SETTINGS, ...more },
    createPlaces({ running: 4, waiting: 10 }),
  )(
    effectCall({
      flow: 'ops/nightly',
      key: `key-${++keys}`,
      class: 'unique',
      args: { image, ...args },
      ...(command !== undefined && { code: command }),
      deadlineMs: 50_000,
      ...how,
    }),
  );
}
const fault = (status: number, detail: RegExp, reach: string) => ({ ok: false, reach, fault: { status, detail: expect.stringMatching(detail) } });
const left = (): string => direct('ps', '--all', '--quiet').trim();

describe.skipIf(!there)(there ? 'a container' : `a container (skipped: ${podman.why})`, { timeout: 120_000 }, () => {
  it('gets its arguments, environment and standard input, and is gone afterwards', async () => {
    const args = { arguments: ['Foo', 'b a r'], environment: { NAME: 'ü "q" #', QUOTED: "'x'" }, stdin: { in: 'put' } };
    expect(await run('input=$(cat); echo "$input|$1|$2|$NAME|$QUOTED"', args)).toEqual({ ok: true, result: '{"in":"put"}|Foo|b a r|ü "q" #|\'x\'\n' });
    expect(left()).toBe('');
  });

  it('without a command runs what its image runs, with the arguments', async () => {
    expect(await run(undefined, { arguments: ['echo', '--privileged', '$(id)'] })).toEqual({ ok: true, result: '--privileged $(id)\n' });
  });

  it('returns what the step asks for, also where its code is one that the program has', async () => {
    const code = 'echo out; echo err >&2; exit 3';
    expect(await run(code, { return: 'all' })).toEqual({ ok: true, result: { code: 3, stdout: 'out\n', stderr: 'err\n' } });
    expect(await run('exit 125', { return: 'code' })).toEqual({ ok: true, result: 125 });
    expect(await run(code)).toMatchObject(fault(500, /^The container ended with code 3: err$/, 'answered'));
  });

  it('has no network, no capability, a root that it cannot write to, and nothing of the server', async () => {
    const looks = `grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; ip -o link | wc -l; touch /x 2>/dev/null || echo read-only; touch /tmp/x && echo tmp; env | grep -c PALACE`;
    const seen = await run(`${looks}; true`);
    expect(seen).toEqual({ ok: true, result: 'CapEff:\t0000000000000000\nNoNewPrivs:\t1\n1\nread-only\ntmp\n0\n' });
  });

  it('is held to its memory and to its number of processes', async () => {
    expect(await run('x=$(head -c 200000000 /dev/zero | yes | head -c 200000000); echo ${#x}')).toMatchObject(
      fault(500, /need(?:s)? more than 67108864 bytes of memory/, 'answered'),
    );
    expect(await run('i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; echo started', { return: 'stderr' })).toMatchObject({
      ok: false,
      fault: { detail: expect.stringMatching(/can't fork/) },
    });
  });

  it('reads and writes a folder of the host that is open to it, and only reads one that is open for reading', async () => {
    writeFileSync(join(folder, 'in.txt'), 'from the host\n');
    expect(await run('cat /data/in.txt; echo back > /data/out.txt', { volumes: { [folder]: '/data' } })).toEqual({ ok: true, result: 'from the host\n' });
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('back\n');
    const reading = { allowed: { ...SETTINGS.allowed, folders: [`acme/ops=${folder}:ro`] } };
    const told = await run('cat /data/in.txt; touch /data/no 2>/dev/null || echo closed', { volumes: { [folder]: '/data' } }, {}, reading);
    expect(told).toEqual({ ok: true, result: 'from the host\nclosed\n' });
  });
});

describe.skipIf(!there)(
  there ? 'a container that does not end well' : `a container that does not end well (skipped: ${podman.why})`,
  { timeout: 120_000 },
  () => {
    it('is removed at its deadline: its outcome is unknown', async () => {
      expect(await run('sleep 100', {}, { deadlineMs: 3_000 })).toMatchObject(fault(408, /did not end within 3 s and was removed/, 'unknown'));
      expect(left()).toBe('');
    });

    it('is removed when it writes too much, and when nobody waits for it any more', async () => {
      expect(await run('yes')).toMatchObject(fault(500, /writes more than 10000 bytes/, 'unknown'));
      const stop = new AbortController();
      const key = 'abandoned';
      const told = run('sleep 100', {}, { signal: stop.signal, key });
      while (!direct('ps', '--format', '{{.Names}}').includes(containerName(key))) await sleep(100);
      stop.abort();
      expect(await told).toMatchObject({ ok: false, reach: 'unknown' });
      expect(left()).toBe('');
    });

    it('that never began was not sent: an image that is not there, a program that is not in it', async () => {
      expect(await run('true', { image: 'localhost/none:1', pullPolicy: 'never' })).toMatchObject(
        fault(500, /cannot be made: .*localhost\/none:1/s, 'not-sent'),
      );
      expect(await run(undefined, { arguments: ['nosuchprogram'], return: 'code' })).toMatchObject(
        fault(500, /cannot be started: .*nosuchprogram/s, 'not-sent'),
      );
      expect(left()).toBe('');
    });

    it('is found by its name when the act is repeated: what a crashed attempt left is removed first', async () => {
      direct('run', '--detach', '--network=none', '--stop-signal=KILL', `--name=${containerName('crashed')}`, image, 'sleep', '1000');
      expect(await run('echo again', {}, { key: 'crashed' })).toEqual({ ok: true, result: 'again\n' });
      expect(left()).toBe('');
    });

    it('whose server is gone is removed by another one once its time is over, and no other is', async () => {
      const detached = ['run', '--detach', '--network=none', '--stop-signal=KILL'];
      direct(...detached, `--label=${CONTAINER_LABEL}=1000`, '--name=overdue', image, 'sleep', '1000');
      direct(...detached, `--label=${CONTAINER_LABEL}=${Date.now() + 1_000_000}`, '--name=under-way', image, 'sleep', '1000');
      direct(...detached, '--name=somebody-elses', image, 'sleep', '1000');
      expect(await sweepContainers(SETTINGS)).toEqual({ removed: 1 });
      expect(direct('ps', '--all', '--format', '{{.Names}}').trim().split('\n').toSorted()).toEqual(['somebody-elses', 'under-way']);
      direct('rm', '--force', 'under-way', 'somebody-elses');
    });
  },
);
