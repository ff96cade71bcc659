// The batching of writes against a store that answers as it is told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommitReply, type DurableSettings, type DurableStore, type Write } from './contract.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { realScheduler } from './scheduler.ts';

const SETTINGS: DurableSettings = {
  leaseMs: 3_000,
  renewMs: 500,
  lanes: 1,
  overlap: 2,
  maxBatchWrites: 10,
  maxBatchBytes: 100_000,
  pollMs: 5_000,
  haltPollMs: 250,
  overduePerSecond: 10_000,
  drainMs: 1_000,
};

interface Call {
  readonly keys: string[];
  readonly writes: readonly Write[];
  answer(reply: CommitReply): void;
}

interface Bench {
  readonly lanes: Lanes;
  readonly calls: Call[];
  readonly told: string[];
  submit(shard: number, key: string, more?: Partial<Write>): Promise<string>;
  turn(): Promise<void>;
}

function bench(settings: Partial<DurableSettings> = {}): Bench {
  const calls: Call[] = [];
  const told: string[] = [];
  const commit: DurableStore['commit'] = (_connection, writes) =>
    new Promise((answer) => calls.push({ keys: writes.map((write) => write.key), writes, answer }));
  const lanes = createLanes(
    { commit } as DurableStore,
    realScheduler(),
    { ...SETTINGS, ...settings },
    {
      fenced: (fences) => {
        const shards = fences.map((fence) => fence.shard);
        told.push(`fenced ${shards.join(',')}`);
        for (const shard of shards) lanes.drop(shard, { kind: 'fenced' });
      },
      unknown: (fences) => {
        const shards = fences.map((fence) => fence.shard);
        told.push(`unknown ${shards.join(',')}`);
        for (const shard of shards) lanes.drop(shard, { kind: 'unknown' });
      },
      committed: (writes) => told.push(`committed ${writes.map((write) => write.key).join(',')}`),
      refused: (write) => told.push(`refused ${write.key}`),
      short: (reason) => told.push(`short of ${reason}`),
    },
  );
  return {
    lanes,
    calls,
    told,
    submit: (shard, key, more = {}) =>
      lanes.submit({ fence: { shard, epoch: 1 }, key, tenant: 'acme', rows: {}, ...more }).then((outcome) => `${key} ${outcome.kind}`),
    turn: () => new Promise((resolve) => setTimeout(resolve, 5)),
  };
}

const done: CommitReply = { kind: 'committed' };

describe('the silence of the database', () => {
  it('begins when no lane has an answer, with the last lane that asked, and ends with the first answer', async () => {
    const { lanes, calls, submit, turn } = bench({ lanes: 2, overlap: 1 });
    expect(lanes.silentSinceMs()).toBeUndefined();
    const first = submit(0, 'a');
    await turn();
    expect(lanes.silentSinceMs()).toBeUndefined();
    const secondMs = realScheduler().nowMs();
    const second = submit(1, 'b');
    await turn();
    expect(lanes.silentSinceMs()).toBeGreaterThanOrEqual(secondMs);
    calls[0]?.answer({ kind: 'committed' });
    await first;
    await turn();
    expect(lanes.silentSinceMs()).toBeUndefined();
    calls[1]?.answer({ kind: 'committed' });
    await second;
  });

  it('goes on over commits that were given up, and whoever comes then asks anew', async () => {
    const { lanes, calls, submit, turn } = bench({ lanes: 1, overlap: 1 });
    const beganMs = realScheduler().nowMs();
    const first = submit(0, 'a');
    await turn();
    const sinceMs = lanes.silentSinceMs() ?? 0;
    expect(sinceMs).toBeGreaterThanOrEqual(beganMs);
    calls[0]?.answer({ kind: 'unknown', message: 'no answer' });
    await first;
    await turn();
    expect(lanes.silentSinceMs()).toBeUndefined();
    const second = submit(0, 'b');
    await turn();
    expect(lanes.silentSinceMs()).toBe(sinceMs);
    calls[1]?.answer(done);
    await second;
    const third = submit(0, 'c');
    await turn();
    expect(lanes.silentSinceMs()).toBeGreaterThan(sinceMs);
    calls[2]?.answer(done);
    await third;
  });
});

describe('group commit', () => {
  it('sends at once when idle and joins what comes in one turn', async () => {
    const { calls, submit, turn } = bench();
    void submit(1, 'a');
    void submit(2, 'b');
    await turn();
    expect(calls.map((call) => call.keys)).toEqual([['a', 'b']]);
  });

  it('overlaps over disjoint shards only and keeps the order of each (I1, I2)', async () => {
    const { calls, submit, turn } = bench();
    void submit(1, 'a');
    await turn();
    void submit(1, 'b');
    void submit(2, 'c');
    await turn();
    void submit(3, 'd');
    await turn();
    expect(calls.map((call) => call.keys)).toEqual([['a'], ['c']]);
    calls[0]?.answer(done);
    await turn();
    expect(calls[2]?.keys.toSorted()).toEqual(['b', 'd']);
  });

  it('tells the node before the caller', async () => {
    const { calls, submit, told, turn } = bench();
    const heard = submit(1, 'a').then((text) => told.push(text));
    await turn();
    calls[0]?.answer(done);
    await heard;
    expect(told).toEqual(['committed a', 'a committed']);
  });

  it('bounds a batch', async () => {
    const { calls, submit, turn } = bench({ overlap: 1 });
    for (let index = 0; index < 25; index++) void submit(index % 5, `k${index}`);
    await turn();
    expect(calls[0]?.keys).toHaveLength(10);
  });
});

describe('a refused batch', () => {
  it('goes again without the fenced shards (I3)', async () => {
    const { calls, submit, told, turn } = bench();
    const heard = [submit(1, 'a'), submit(2, 'b'), submit(3, 'c')];
    await turn();
    void submit(2, 'later').then((text) => told.push(text));
    calls[0]?.answer({ kind: 'fenced', shards: [2] });
    await turn();
    expect(told).toEqual(['fenced 2', 'later fenced']);
    expect(calls[1]?.keys).toEqual(['a', 'c']);
    calls[1]?.answer(done);
    expect(await Promise.all(heard)).toEqual(['a committed', 'b fenced', 'c committed']);
  });

  it('is halved until the bad row is alone, in order', async () => {
    const { calls, submit, turn } = bench();
    const heard = ['a', 'b', 'c', 'd', 'e'].map((key, shard) => submit(shard % 2, key));
    for (let round = 0; round < 12; round++) {
      await turn();
      const call = calls[round];
      call?.answer(call.keys.includes('d') ? { kind: 'bad-row', sqlstate: '22P02', message: 'no' } : done);
    }
    expect((await Promise.all(heard)).toSorted()).toEqual(['a committed', 'b committed', 'c committed', 'd bad-row', 'e committed']);
    const committed = calls.filter((call) => !call.keys.includes('d')).flatMap((call) => call.keys);
    expect(committed.filter((key) => ['a', 'c', 'e'].includes(key))).toEqual(['a', 'c', 'e']);
  });

  it('answers the taken key and sends the others again', async () => {
    const { calls, submit, turn } = bench();
    const claims = [{ scope: 's', key: 'k', fingerprint: 'f', answer: '1' }];
    const heard = [submit(1, 'a', { claims }), submit(2, 'b')];
    await turn();
    calls[0]?.answer({ kind: 'key-taken', taken: [{ tenant: 'acme', scope: 's', key: 'k', fingerprint: 'f', answer: '0' }] });
    await turn();
    expect(calls[1]?.keys).toEqual(['b']);
    calls[1]?.answer(done);
    expect(await Promise.all(heard)).toEqual(['a key-taken', 'b committed']);
  });

  it('never holds one key twice', async () => {
    const { calls, submit, turn } = bench();
    const claims = [{ scope: 's', key: 'k', fingerprint: 'f', answer: '1' }];
    void submit(1, 'a', { claims });
    void submit(2, 'b', { claims });
    await turn();
    expect(calls.map((call) => call.keys)).toEqual([['a'], ['b']]);
  });

  it('with a contended key lets the others pass', async () => {
    const { calls, submit, turn } = bench();
    const claims = [{ scope: 's', key: 'k', fingerprint: 'f', answer: '1' }];
    const heard = [submit(1, 'a', { claims }), submit(2, 'b')];
    await turn();
    calls[0]?.answer({ kind: 'contended' });
    await turn();
    expect(calls[1]?.keys).toEqual(['b']);
    calls[1]?.answer(done);
    await turn();
    expect(calls[2]?.keys).toEqual(['a']);
    calls[2]?.answer(done);
    expect(await Promise.all(heard)).toEqual(['a committed', 'b committed']);
  });

  it('that names nobody is an unknown outcome and no endless loop', async () => {
    const { calls, submit, told, turn } = bench();
    const heard = submit(1, 'a');
    await turn();
    calls[0]?.answer({ kind: 'key-taken', taken: [] });
    expect(await heard).toBe('a unknown');
    expect(told).toEqual(['unknown 1']);
  });
});

describe('an unknown outcome', () => {
  it('drops every shard of the batch before anybody hears of it (I4)', async () => {
    const { calls, submit, told, turn } = bench({ overlap: 1 });
    const heard = [submit(1, 'a').then((text) => told.push(text)), submit(2, 'b').then((text) => told.push(text))];
    await turn();
    heard.push(submit(1, 'waiting').then((text) => told.push(text)));
    calls[0]?.answer({ kind: 'unknown', message: 'gone' });
    await Promise.all(heard);
    expect(told[0]).toBe('unknown 1,2');
    expect(told.slice(1).toSorted()).toEqual(['a unknown', 'b unknown', 'waiting unknown']);
    expect(calls).toHaveLength(1);
  });
});

describe('a key', () => {
  it('has one write in flight (I5), and may be written by the next ownership while the last one’s answer is awaited', async () => {
    const { lanes, calls, submit, turn } = bench();
    void submit(1, 'a');
    expect(() => submit(1, 'a')).toThrow(/in flight/);
    await turn();
    lanes.drop(1, { kind: 'fenced' });
    const next = submit(1, 'a');
    calls[0]?.answer(done);
    await turn();
    calls[1]?.answer(done);
    expect(await next).toBe('a committed');
    expect(lanes.backlog()).toBe(0);
  });
});

describe('an idle shard', () => {
  it('is known to be idle when nothing is queued or under way', async () => {
    const { lanes, calls, submit, turn } = bench();
    await lanes.idle(1);
    void submit(1, 'a');
    let idle = false;
    void lanes.idle(1).then(() => (idle = true));
    await turn();
    expect(idle).toBe(false);
    calls[0]?.answer(done);
    await turn();
    expect(idle).toBe(true);
  });
});

describe('tenants', () => {
  const flood = ({ submit }: Bench, count: number, more: Partial<Write> = {}): void => {
    for (let n = 0; n < count; n++) void submit(n % 40, `flood ${n}`, { tenant: 'flood', ...more });
  };
  /** Answers every batch until the key was sent; returns how many writes were sent before it. */
  const sentBefore = async ({ calls, turn }: Bench, key: string, from: number): Promise<number> => {
    let sent = 0;
    for (let round = from; round < from + 200; round++) {
      await turn();
      const call = calls[round];
      if (call === undefined) break;
      const at = call.keys.indexOf(key);
      call.answer(done);
      if (at >= 0) return sent + at;
      sent += call.keys.length;
    }
    throw new Error(`${key} was never sent`);
  };

  it('R9: wait for the batch under way and no longer, however many writes another has queued in whatever shards', async () => {
    const one = bench({ overlap: 1 });
    flood(one, 1_000);
    await one.turn();
    void one.submit(39, 'small', { tenant: 'small' });
    one.calls[0]?.answer(done);
    expect(await sentBefore(one, 'small', 1)).toBeLessThan(10);
  });

  it('R9: are not kept out by large writes: a batch ends at its bytes, and bytes count', async () => {
    const one = bench({ overlap: 1, maxBatchWrites: 1_000 });
    flood(one, 200, { rows: { journal: [{ b: 'x'.repeat(30_000) }] } });
    await one.turn();
    expect(one.calls[0]?.keys).toHaveLength(4);
    for (let n = 0; n < 6; n++) void one.submit(n, `small ${n}`, { tenant: 'small' });
    one.calls[0]?.answer(done);
    expect(await sentBefore(one, 'small 5', 1)).toBeLessThan(10);
  });

  it('alone send whole shards, one after the other, so that a batch locks few', async () => {
    const one = bench({ overlap: 1 });
    for (let n = 0; n < 40; n++) void one.submit(n % 4, `${n % 4}/${n}`);
    await one.turn();
    const shards = one.calls[0]?.writes.map((write) => write.fence.shard);
    expect(shards).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it('lose nothing and keep the order of each tenant in each shard, whatever the store answers (I1, I2)', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('submit' as const), shard: fc.nat(4), tenant: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ kind: fc.constant('answer' as const) }),
      fc.record({ kind: fc.constant('drop' as const), shard: fc.nat(4) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (steps, overlap) => {
        const { lanes, calls, submit } = bench({ overlap, maxBatchWrites: 5 });
        const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        const heard: Promise<string>[] = [];
        const answered = new Set<Call>();
        const answer = async (): Promise<boolean> => {
          const call = calls.find((one) => !answered.has(one));
          if (call === undefined) return false;
          answered.add(call);
          call.answer(done);
          await turn();
          return true;
        };
        for (const one of steps) {
          if (one.kind === 'submit')
            for (let n = 0; n < one.count; n++) heard.push(submit(one.shard, `${one.shard}/${one.tenant}/${heard.length}`, { tenant: one.tenant }));
          else if (one.kind === 'answer') await answer();
          else lanes.drop(one.shard, { kind: 'fenced' });
          await turn();
          const open = calls.filter((call) => !answered.has(call)).flatMap((call) => [...new Set(call.writes.map((write) => write.fence.shard))]);
          expect(new Set(open).size).toBe(open.length);
        }
        while (await answer());
        expect((await Promise.all(heard)).every((text) => / (committed|fenced)$/.test(text))).toBe(true);
        expect(lanes.backlog()).toBe(0);
        const last = new Map<string, number>();
        for (const key of calls.flatMap((call) => call.keys)) {
          const [shard, tenant, nth] = key.split('/') as [string, string, string];
          expect(Number(nth)).toBeGreaterThan(last.get(`${shard}/${tenant}`) ?? -1);
          last.set(`${shard}/${tenant}`, Number(nth));
        }
        await Promise.all([0, 1, 2, 3, 4].map((shard) => lanes.idle(shard)));
      }),
      { numRuns: 60 },
    );
  });
});
