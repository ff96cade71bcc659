import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, testDatabase, type TestDatabase } from '../database/testing.ts';
import { busSuite, collect, until } from './bus.suite.ts';
import { memoryBus } from './memory.ts';
import type { Bus } from './port.ts';
import { postgresBus } from './postgres.ts';

describe('the memory bus', () => {
  const bus = memoryBus(silentLog);
  busSuite(() => ({ publisher: bus, receiver: bus }));
});

describe('the bus over PostgreSQL', () => {
  let db: TestDatabase;
  let publisher: Bus;
  let receiver: Bus;

  beforeAll(async () => {
    db = await testDatabase();
    publisher = postgresBus(db.database, silentLog);
    receiver = postgresBus(await db.another(), silentLog);
    await bothConnected(publisher, receiver);
  });
  afterAll(async () => {
    await Promise.all([publisher.close(), receiver.close()]);
    await db.close();
  });

  test('finds its way back after its connections were cut', async () => {
    await db.database.owner.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' or query like '%pg_notify%' and pid <> pg_backend_pid()",
    );
    await bothConnected(publisher, receiver);
  });

  test('lives on when somebody else sends nonsense on its channel', async () => {
    for (const nonsense of ['', 'no json', '{}', '[1,null,{"topic":5}]', '[{"topic":"suite.a"}]']) {
      await db.database.owner.query('select pg_notify($1, $2)', ['palace_bus', nonsense]);
    }
    await bothConnected(publisher, receiver);
  });

  test('neither delays nor fails a publisher while the database is away', async () => {
    const other = await db.another();
    const bus = postgresBus(other, silentLog);
    await other.close();
    expect(() => bus.publish({ topic: 'suite.away', data: {} })).not.toThrow();
    await bus.close();
  });

  busSuite(() => ({ publisher, receiver }));
});

/** Publishes until one arrives: delivery is best effort while connections are being made. */
async function bothConnected(publisher: Bus, receiver: Bus): Promise<void> {
  const { got, end } = collect(receiver, 'suite.connected');
  const topic = 'suite.connected';
  const timer = setInterval(() => publisher.publish({ topic, data: {} }), 20);
  await until(() => got.length > 0).finally(() => clearInterval(timer));
  end();
}
