// What every bus does. Called by bus.test.ts for each adapter.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Bus, BusMessage } from './port.ts';

export interface BusUnderTest {
  readonly publisher: Bus;
  /** The same one, or another process's. */
  readonly receiver: Bus;
}

export function busSuite(underTest: () => BusUnderTest): void {
  test('carries a message to every listener of its topic and to no other', async () => {
    const { publisher, receiver } = underTest();
    const [first, second, other] = [collect(receiver, 'suite.a'), collect(receiver, 'suite.a'), collect(receiver, 'suite.b')];
    const message = { topic: 'suite.a', data: { shard: 3, name: 'ü"\'\n$1', list: [1, 2] } };
    publisher.publish(message);
    await until(() => first.got.length === 1 && second.got.length === 1);
    expect(first.got).toEqual([message]);
    expect(other.got).toEqual([]);
    for (const one of [first, second, other]) one.end();
  });

  test('keeps the order of one publisher and delivers a burst whole', async () => {
    const { publisher, receiver } = underTest();
    const { got, end } = collect(receiver, 'suite.burst');
    const filler = 'x'.repeat(500);
    for (let at = 0; at < 300; at++) publisher.publish({ topic: 'suite.burst', data: { at, filler } });
    await until(() => got.length === 300);
    expect(got.map((message) => message.data['at'])).toEqual([...Array(300).keys()]);
    end();
  });

  test('delivers after publish has returned, never within it', async () => {
    const { publisher, receiver } = underTest();
    const { got, end } = collect(receiver, 'suite.later');
    publisher.publish({ topic: 'suite.later', data: {} });
    expect(got).toEqual([]);
    await until(() => got.length === 1);
    end();
  });

  test('stops delivering to a listener that has ended its subscription', async () => {
    const { publisher, receiver } = underTest();
    const { got, end } = collect(receiver, 'suite.end');
    const witness = collect(receiver, 'suite.end');
    end();
    publisher.publish({ topic: 'suite.end', data: {} });
    await until(() => witness.got.length === 1);
    expect(got).toEqual([]);
    witness.end();
  });

  test('goes on when a listener throws', async () => {
    const { publisher, receiver } = underTest();
    const endThrowing = receiver.subscribe('suite.throw', () => {
      throw new Error('listener');
    });
    const { got, end } = collect(receiver, 'suite.throw');
    publisher.publish({ topic: 'suite.throw', data: { at: 1 } });
    await until(() => got.length === 1);
    endThrowing();
    end();
  });

  test('hands each listener data that the publisher cannot change afterwards', async () => {
    const { publisher, receiver } = underTest();
    const { got, end } = collect(receiver, 'suite.copy');
    const list = [1];
    publisher.publish({ topic: 'suite.copy', data: { list } });
    list.push(2);
    await until(() => got.length === 1);
    expect(got[0]?.data['list']).toEqual([1]);
    end();
  });

  test('carries a message of 4,096 bytes and refuses a larger one', async () => {
    const { publisher, receiver } = underTest();
    const { got, end } = collect(receiver, 'suite.large');
    const empty = JSON.stringify({ topic: 'suite.large', data: { text: '' } }).length;
    publisher.publish({ topic: 'suite.large', data: { text: 'y'.repeat(4_096 - empty) } });
    expect(() => publisher.publish({ topic: 'suite.large', data: { text: 'y'.repeat(4_097 - empty) } })).toThrow(RangeError);
    await until(() => got.length === 1);
    end();
  });

  test('says nothing after it is closed, and closing twice is no mistake', async () => {
    const { publisher, receiver } = underTest();
    const { got } = collect(receiver, 'suite.closed');
    await receiver.close();
    await receiver.close();
    publisher.publish({ topic: 'suite.closed', data: {} });
    await publisher.close();
    publisher.publish({ topic: 'suite.closed', data: {} });
    await sleep(50);
    expect(got).toEqual([]);
  });
}

export function collect(bus: Bus, topic: string): { got: BusMessage[]; end: () => void } {
  const got: BusMessage[] = [];
  return { got, end: bus.subscribe(topic, (message) => void got.push(message)) };
}

export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(5);
  }
}
