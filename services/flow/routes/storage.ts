// /v1/storage: what the database holds, how fast it grows, how long the room lasts, and what bounds each table.
import { route, type Route } from '@palace/gateway/contract.ts';
import { storage } from '../contract.ts';
import type { FlowParts } from '../parts.ts';

const time = (ms: number | undefined): { readonly at?: string } => (ms === undefined ? {} : { at: new Date(ms).toISOString() });
const tenth = (days: number): number => Math.round(days * 10) / 10;

export function storageRoutes({ retention, platform }: FlowParts): Route[] {
  const { completedMs, failedMs, keysMs } = platform.config.retention;
  return [
    route({
      method: 'get',
      path: '/v1/storage',
      summary: 'Sizes of the tables, growth, days until the room is used up, and how long what has ended is kept',
      permission: 'system.read',
      loader: 'collection',
      responses: { 200: storage },
      async handle() {
        const { tables, bytes, freeBytes, growthBytesADay, daysUntilFull } = await retention.storage();
        const items = tables.map(({ oldestMs, nextExpiryMs, growthBytesADay: growth, owner, bound, ...size }) => {
          const [oldest, next] = [time(oldestMs).at, time(nextExpiryMs).at];
          return {
            ...size,
            ...(growth !== undefined && { growthBytesADay: growth }),
            ...(owner !== undefined && { owner }),
            ...(bound !== undefined && { bound }),
            ...(oldest !== undefined && { oldest }),
            ...(next !== undefined && { nextExpiry: next }),
          };
        });
        const body = {
          bytes,
          ...(freeBytes !== undefined && { freeBytes }),
          ...(growthBytesADay !== undefined && { growthBytesADay }),
          // It does not grow: no number of days says that.
          ...(daysUntilFull !== undefined && daysUntilFull !== Infinity && { daysUntilFull: tenth(daysUntilFull) }),
          retention: { completedMs, failedMs, keysMs },
          items,
        };
        return { status: 200, body };
      },
    }),
  ];
}
