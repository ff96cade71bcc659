// Containers that are refused before anything happens, and the program that runs the others. Real ones: container.slow.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@palace/jq/json.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { createPlaces } from '../code-runner/places.ts';
import { containerExecutor, findContainerProgram } from './container.ts';
import type { EffectCall, EffectOutcome } from './executor.ts';
import { effectCall } from './testing-call.ts';

const folder = mkdtempSync(join(tmpdir(), 'palace-mounted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const executor = containerExecutor(
  {
    allowed: { images: ['acme/ops=localhost/*'], folders: [`acme/ops=${folder}`] },
    bounds: { network: 'none', memoryBytes: 67_108_864, cpuPercent: 100, processes: 20, tmpBytes: 4_194_304 },
    maxMs: 60_000,
    outputBytes: 10_000,
    program: '/nonexistent',
    environment: {},
  },
  createPlaces({ running: 1, waiting: 1 }),
);
const run = (args: Json, how: Partial<EffectCall> = {}): Promise<EffectOutcome> =>
  executor(effectCall({ flow: 'ops/nightly', class: 'unique', args, code: 'echo ran', deadlineMs: 50_000, ...how }));
const fault = (status: number, detail: RegExp) => ({ ok: false, reach: 'not-sent', fault: { status, detail: expect.stringMatching(detail) } });

describe('a container that is not allowed', () => {
  it.each([
    ['in another namespace', { flow: 'sales/nightly' }, { image: 'localhost/x' }, /Containers of "localhost\/x" are not allowed in the namespace "sales"/],
    ['of another tenant', { tenant: 'other' }, { image: 'localhost/x' }, /PALACE_ALLOW_CONTAINERS=other\/ops=localhost\/x/],
    ['of another image', {}, { image: 'docker.io/library/alpine' }, /Containers of "docker.io\/library\/alpine" are not allowed/],
    ['that is an option', {}, { image: '--privileged' }, /are not allowed/],
    ['with a folder that is not open', {}, { image: 'localhost/x', volumes: { '/etc': '/data' } }, /The folder "\/etc" is not open/],
    ['with a folder above an open one', {}, { image: 'localhost/x', volumes: { [`${folder}/..`]: '/data' } }, /is not open to containers/],
    ['with a mount that says more than a folder', {}, { image: 'localhost/x', volumes: { [folder]: '/data,bind-propagation=shared' } }, /is not open/],
  ])('%s is refused before anything happens', async (_what, how, args, detail) => {
    expect(await run(args as Json, how)).toMatchObject(fault(403, detail));
  });

  it('is every one where nothing is allowed', async () => {
    const none = containerExecutor(undefined, createPlaces({ running: 1, waiting: 1 }));
    const call = { tenant: 'acme', flow: 'ops/x', args: { image: 'alpine' } } as unknown as EffectCall;
    expect(await none(call)).toMatchObject(fault(403, /are not allowed/));
  });

  it('or whose program is gone was not sent', async () => {
    expect(await run({ image: 'localhost/x' })).toMatchObject(fault(400, /The program for containers cannot be started/));
  });

  it('or that has a variable of several lines was not sent', async () => {
    expect(await run({ image: 'localhost/x', environment: { KEY: 'a\nPATH=/evil' } })).toMatchObject(
      fault(400, /The variable "KEY" of a container is one line/),
    );
  });
});

describe('the program for containers', () => {
  it('is the one that was named, or the first that is there; nothing that cannot be run', () => {
    const path = `relative:${folder}`;
    writeFileSync(join(folder, 'docker'), '#!/bin/sh\n', { mode: 0o700 });
    expect(findContainerProgram('', path)).toBe(join(folder, 'docker'));
    writeFileSync(join(folder, 'podman'), '#!/bin/sh\n', { mode: 0o600 });
    if (process.getuid?.() === 0) expect(findContainerProgram('podman', path)).toBeUndefined();
    expect(findContainerProgram(join(folder, 'docker'), '')).toBe(join(folder, 'docker'));
    expect(findContainerProgram('nerdctl', path)).toBeUndefined();
  });
});
