// Keeps inbox rows: what several callers send in one turn, or while a statement is under way, goes as one.
// I1 `send` resolves after the commit; a row refused by the database fails its own caller alone.
// I2 Sending twice is harmless: a known command id is dropped.
// Called by node.ts.
import type { DurableStore, InboxRow, Scheduler } from './contract.ts';
import { gather } from './gather.ts';

const MOST_CALLS = 500;

export function createSender(store: DurableStore, scheduler: Scheduler): (rows: readonly InboxRow[]) => Promise<void> {
  const submit = gather<readonly InboxRow[], undefined | { error: unknown }>(scheduler, MOST_CALLS, async (calls) => {
    try {
      await store.send(calls.flat());
      return calls.map(() => undefined);
    } catch (error) {
      if (calls.length === 1) return [{ error }];
      return oneByOne(store, calls);
    }
  });
  return async (rows) => {
    const failed = rows.length === 0 ? undefined : await submit(rows);
    if (failed !== undefined) throw failed.error;
  };
}

async function oneByOne(store: DurableStore, calls: readonly (readonly InboxRow[])[]): Promise<(undefined | { error: unknown })[]> {
  const answers: (undefined | { error: unknown })[] = [];
  for (const rows of calls) {
    try {
      await store.send(rows);
      answers.push(undefined);
    } catch (error) {
      answers.push({ error });
    }
  }
  return answers;
}
