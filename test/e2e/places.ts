// Every screen of the console with something on it: what the walks for accessibility go through, and of what pictures are taken.
// I1 A screen that is added is added here.
import type { House } from './house.ts';
import { allow, openOutside, type Outside } from './outside.ts';
import { LONG, long, NIGHTLY, nightly, PARCEL, parcel, REFUND, refund, SLOW, slow } from './flows.ts';

export interface Furnished {
  readonly outside: Outside;
  readonly runs: Readonly<Record<'sample' | 'failed' | 'waiting' | 'long', string>>;
}

export interface Place {
  /** Of its picture. */
  readonly name: string;
  path(furnished: Furnished): string;
}

const LONG_ROUNDS = 400;
const NIGHTS = 12;

/** Runs of every state, and something in every list. */
export async function furnish(house: House): Promise<Furnished> {
  const outside = await openOutside(503);
  await allow(house, outside);
  for (const source of [refund, parcel(outside.url), nightly, long(LONG_ROUNDS), slow(20)]) await house.publish(source);
  await house.ask('PUT', '/v1/secrets/shipping-key', { value: 'not-a-key-only-a-picture' });
  await house.ask('PUT', '/v1/environments/staging');
  await house.ask('POST', '/v1/webhooks', { name: 'shop-orders', type: 'shop.order' });
  await house.ask('POST', '/v1/invitations', { email: 'second@shop.test', role: 'viewer' });
  const [sample, failed, waiting, longRun] = await Promise.all([
    house.start('samples/order-intake', { waitSeconds: 1 }),
    house.start(PARCEL),
    house.start(REFUND),
    house.start(LONG),
  ]);
  for (let n = 0; n < NIGHTS; n += 1) await house.start(NIGHTLY);
  await house.waitFor(failed, 'failed');
  await house.waitFor(sample, 'completed');
  await house.waitFor(longRun, 'completed');
  await house.start(SLOW);
  return { outside, runs: { sample, failed, waiting, long: longRun } };
}

const fixed = (name: string, path: string): Place => ({ name, path: () => path });
const run = (name: keyof Furnished['runs']): Place => ({ name: `run-${name}`, path: ({ runs }) => `/runs/${runs[name]}` });

export const PLACES: readonly Place[] = [
  fixed('home', '/'),
  fixed('runs', '/runs'),
  run('sample'),
  run('failed'),
  run('waiting'),
  run('long'),
  fixed('flows', '/flows'),
  fixed('flow', '/flows/samples/order-intake'),
  fixed('flow-versions', '/flows/samples/order-intake?tab=versions'),
  fixed('editor', '/flows/edit/shop/parcel'),
  fixed('editor-new', '/flows/new'),
  fixed('events', '/events'),
  fixed('schedules', '/schedules'),
  fixed('webhooks', '/webhooks'),
  fixed('webhook', '/webhooks/shop-orders'),
  fixed('health', '/health'),
  ...['me', 'people', 'keys', 'secrets', 'variables', 'environments', 'egress', 'audit'].map((section) => fixed(`settings-${section}`, `/settings/${section}`)),
  fixed('not-found', '/nowhere'),
];
