import { describe, expect, it } from 'vitest';
import type { HaltsRead } from './contract.ts';
import { createHaltWatch } from './halts.ts';

const HALT = { scope: 'all', level: 'effects', by: 'somebody', sinceMs: 1 } as const;

/** A store that answers when it is told to, and a clock that stands. */
function bench() {
  const questions: { known: number; answer(read: HaltsRead): void; fail(): void }[] = [];
  const tasks: { atMs: number; task: () => void }[] = [];
  let nowMs = 1_000;
  let changes = 0;
  const watch = createHaltWatch({
    store: {
      readHalts: (known) => new Promise((answer, reject) => questions.push({ known, answer, fail: () => reject(new Error('away')) })),
      halt: (wish) => Promise.resolve({ ...wish, sinceMs: 1 }),
      liftHalt: () => Promise.resolve(undefined),
    },
    scheduler: {
      nowMs: () => nowMs,
      after(delayMs, task) {
        const entry = { atMs: nowMs + delayMs, task };
        tasks.push(entry);
        return () => void tasks.splice(tasks.indexOf(entry), 1);
      },
      soon: (task) => task(),
    },
    pollMs: 250,
    changed: () => void changes++,
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return {
    watch,
    questions,
    changes: () => changes,
    settle,
    async pass(ms: number) {
      nowMs += ms;
      for (const due of tasks.filter(({ atMs }) => atMs <= nowMs)) {
        tasks.splice(tasks.indexOf(due), 1);
        due.task();
      }
      await settle();
    },
  };
}

describe('what a process knows of halts', () => {
  it('is as old as the question, not as its answer', async () => {
    const { watch, questions, pass, settle } = bench();
    watch.start();
    await pass(400);
    questions[0]?.answer({ version: 1, all: [HALT] });
    await settle();
    expect(watch.known()).toEqual({ version: 1, all: [HALT], livedOnMs: 0, askedMs: 1_000 });
  });

  it('is asked for at every poll that no renewal answered, one question at a time', async () => {
    const { watch, questions, pass, settle } = bench();
    watch.start();
    expect(questions).toHaveLength(1);
    questions[0]?.answer({ version: 1, all: [] });
    await settle();
    for (let n = 0; n < 4; n++) {
      await pass(200);
      watch.learn({ version: 1 }, 1_000 + 200 * (n + 1));
    }
    expect(questions).toHaveLength(1);
    await pass(250);
    await pass(250);
    expect(questions).toHaveLength(2);
    questions[1]?.fail();
    await settle();
    await pass(250);
    expect(questions).toHaveLength(3);
  });

  it('is changed by no answer to an earlier question, and follows a database whose version went back', async () => {
    const { watch, changes, pass } = bench();
    watch.learn({ version: 7, all: [HALT] }, 900);
    watch.learn({ version: 6, all: [] }, 800);
    expect(watch.known()).toMatchObject({ version: 7, askedMs: 900 });
    watch.learn({ version: 7 }, 950);
    expect(watch.known().askedMs).toBe(950);
    expect(changes()).toBe(1);
    watch.learn({ version: 3, all: [] }, 990);
    expect(watch.known()).toEqual({ version: 3, all: [], livedOnMs: 0, askedMs: 990 });
    expect(changes()).toBe(2);
    await pass(0);
  });

  it('asks again when an answer names a version whose rows it has not', async () => {
    const { watch, questions } = bench();
    watch.learn({ version: 4, all: [HALT] }, 900);
    watch.learn({ version: 3 }, 950);
    expect(watch.known()).toMatchObject({ version: 4, askedMs: 900 });
    expect(questions.map(({ known }) => known)).toEqual([4]);
  });

  it('asks once more when news came while a question was under way', async () => {
    const { watch, questions, settle } = bench();
    watch.look();
    watch.look();
    expect(questions).toHaveLength(1);
    questions[0]?.answer({ version: 1, all: [] });
    await settle();
    await settle();
    expect(questions).toHaveLength(2);
  });
});
