// The batching of writes against a store that answers as it is told.
import { describe, expect, it } from 'vitest';
import { type CommitReply, type DurableSettings, type DurableStore, type Write } from './contract.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { realScheduler } from './scheduler.ts';

const SETTINGS: DurableSettings = { leaseMs: 3_000, renewMs: 500, lanes: 1, overlap: 2, maxBatchWrites: 10, pollMs: 5_000, drainMs: 1_000 };

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
