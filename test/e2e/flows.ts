// The flows that walks and pictures start. Each brings about one state of a run that people look at.
import { stringify } from 'yaml';

const document = (name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  dsl: '1.0.3',
  namespace: 'shop',
  name,
  version: '1.0.0',
  ...more,
});

const flow = (name: string, steps: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): string =>
  stringify({ document: document(name, more), do: steps });

export const REFUND = 'shop/refund';
export const PARCEL = 'shop/parcel';
export const NIGHTLY = 'shop/nightly-prices';
export const LONG = 'shop/long';
export const SLOW = 'shop/slow';

/** Waits until a person says `approve`. */
export const refund = flow(
  'refund',
  [
    { order: { set: { order: 'O-1042', total: 129.9 } } },
    { approval: { listen: { to: { one: { with: { type: 'agentspalace.signal.approve' } } } } } },
    { pay: { set: { paid: true } } },
  ],
  { title: 'Refund an order' },
);

/** Asks a service of the outside, which may fail; five steps. */
export const parcel = (outside: string): string =>
  flow(
    'parcel',
    [
      { address: { set: { street: 'Moda Caddesi 12', city: 'İstanbul' } } },
      { weigh: { set: { grams: 1250 } } },
      { rest: { wait: { seconds: 1 } } },
      { label: { call: 'http', with: { method: 'get', endpoint: `${outside}/label` } } },
      { done: { set: { label: '${ . }' } } },
    ],
    { title: 'Send a parcel' },
  );

/** Starts by itself, at night. */
export const nightly = stringify({
  document: document('nightly-prices', { title: 'Prices of the night' }),
  schedule: { cron: '15 3 * * *' },
  do: [{ prices: { set: { read: 0 } } }],
});

/** `rounds` times two steps. */
export const long = (rounds: number): string =>
  flow('long', [
    {
      each: {
        for: { each: 'n', in: `[ range(${rounds}) ]` },
        do: [{ add: { set: { sum: '${ (.sum // 0) + $n }' } } }, { note: { set: { sum: '${ .sum }', last: '${ $n }' } } }],
      },
    },
  ]);

/** A step a second: what is watched while it runs. */
export const slow = (steps: number): string =>
  flow('slow', [
    { each: { for: { each: 'n', in: `[ range(${steps}) ]` }, do: [{ tick: { wait: { milliseconds: 400 } } }, { tell: { set: { tick: '${ $n }' } } }] } },
  ]);
