// Who has a data folder: a process that runs, and nobody else.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lockHolder, takeDataLock } from './data-lock.ts';
import { isAlive, startMark } from './process-identity.ts';

const root = mkdtempSync(join(tmpdir(), 'palace-lock-'));
const parents: ChildProcess[] = [];
afterAll(() => {
  for (const parent of parents) parent.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** A process whose parent never asks how it ended: killed, it stays in the process table. */
async function unreaped(): Promise<number> {
  const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  parents.push(parent);
  return new Promise((resolve) => parent.stdout.once('data', (line: Buffer) => resolve(Number(line.toString()))));
}

const state = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] ?? '';

async function becomesZombie(pid: number): Promise<void> {
  const end = performance.now() + 5_000;
  while (state(pid) !== 'Z' && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(state(pid)).toBe('Z');
}

describe('the lock of a data folder', () => {
  test('is held by the process that runs, and given back', () => {
    const release = takeDataLock(root);
    expect(lockHolder(root)).toEqual({ pid: process.pid, mark: startMark(process.pid) });
    expect(() => takeDataLock(root)).toThrow(expect.objectContaining({ code: 'boot.data-locked' }));
    release();
    expect(lockHolder(root)).toBeUndefined();
  });

  test.runIf(process.platform === 'linux')('is not held by a killed process whose parent has not reaped it', async () => {
    const pid = await unreaped();
    writeFileSync(join(root, 'lock'), JSON.stringify({ pid, mark: startMark(pid) }));
    expect(lockHolder(root)?.pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await becomesZombie(pid);
    expect([isAlive(pid), startMark(pid), lockHolder(root)]).toEqual([false, undefined, undefined]);
    takeDataLock(root)();
  });
});
