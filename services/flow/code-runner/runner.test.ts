// A runner as the server sees it, with other programs in its place: whatever they say, the server loses no more than the script.
import { afterEach, describe, expect, it } from 'vitest';
import { lineReader, type Job } from './job.ts';
import { Runner, RunnerGone } from './runner.ts';

const JOB: Job = { code: '', arguments: [], environment: {}, stdin: '', deadlineMs: 1_000, memoryBytes: 1, outputBytes: 1 };
const open: Runner[] = [];
const shell = (code: string): Runner => {
  const runner = new Runner({ file: '/bin/sh', args: ['-c', code] });
  open.push(runner);
  return runner;
};
const lost = async (runner: Runner): Promise<void> => {
  for (const end = performance.now() + 10_000; !runner.gone && performance.now() < end;) await new Promise((resolve) => setTimeout(resolve, 10));
};
afterEach(() => open.splice(0).forEach((runner) => runner.kill()));
const ANSWER = JSON.stringify({ outcome: { ended: 'itself', code: 0, stdout: 'x', stderr: '' }, usage: { rssBytes: 1, cpuMs: 2 } });

describe.skipIf(process.platform === 'win32')('a runner', () => {
  it('that answers is believed, and asked again', async () => {
    const runner = shell(`while read -r job; do echo '${ANSWER}'; done`);
    for (const _ of [1, 2]) expect(await runner.run(JOB, 10_000)).toEqual({ ended: 'itself', code: 0, stdout: 'x', stderr: '' });
    expect([runner.gone, runner.scripts, runner.usage]).toEqual([false, 2, { rssBytes: 1, cpuMs: 2 }]);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['no answer', '{"outcome":null}'],
    ['another end', '{"outcome":{"ended":"well"},"usage":{"rssBytes":1,"cpuMs":1}}'],
    ['a code that is none', '{"outcome":{"ended":"itself","code":"0","stdout":"","stderr":""},"usage":{"rssBytes":1,"cpuMs":1}}'],
    ['two answers', `${ANSWER}\n${ANSWER}`],
  ])('that says %s is not used again', async (_what, said) => {
    const runner = shell(`read -r job; printf '%s\\n' '${said}'; sleep 60`);
    const end = await runner.run(JOB, 10_000).catch((error: unknown) => error);
    if (_what !== 'two answers') expect(end).toBeInstanceOf(RunnerGone);
    await lost(runner);
    expect(runner.gone).toBe(true);
    await expect(runner.run(JOB, 10_000)).rejects.toThrow(RunnerGone);
  });

  it('that speaks before it is asked is not asked', async () => {
    const runner = shell(`echo '${ANSWER}'; sleep 60`);
    await lost(runner);
    await expect(runner.run(JOB, 10_000)).rejects.toThrow(/is gone/);
  });

  it('that ends by itself says why', async () => {
    await expect(shell('echo first >&2; echo "the reason" >&2; exit 3').run(JOB, 10_000)).rejects.toThrow('the code runner ended (code 3): the reason');
    await expect(new Runner({ file: '/no/such/program', args: [] }).run(JOB, 10_000)).rejects.toThrow(/cannot be started \(spawn \/no\/such\/program ENOENT\)/);
  });

  it('that says nothing is killed at the deadline, with what it has started', async () => {
    const runner = shell('sleep 60 & wait');
    expect(await runner.run(JOB, 200)).toEqual({ ended: 'deadline' });
    expect(runner.gone).toBe(true);
  });
});

describe('lines', () => {
  it('are put together from pieces, and never kept past their bound', () => {
    const lines: string[] = [];
    const take = lineReader((line) => lines.push(line), 5);
    expect([take('a'), take('b\nc'), take('d\n\ne'), lines]).toEqual([true, true, true, ['ab', 'cd', '']]);
    expect([take('1234'), take('5')]).toEqual([true, false]);
  });
});
