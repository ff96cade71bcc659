// What the types refuse. Each @ts-expect-error is a mistake that the compiler must find; one that it lets pass fails the type check.
import { expect, it } from 'vitest';
import { branches, flow, jq, signal, steps } from './flow-builder.ts';

const document = { namespace: 'a', name: 'b', version: '1.0.0' };
const set = { set: { x: 1 } };

it('the right ones compile', () => {
  steps({ a: { set: { x: 1 }, then: 'b' }, b: { set: jq`.x`, then: 'end' } });
  steps({ a: { switch: [{ one: { when: '.x', then: 'b' } }, { other: { then: 'exit' } }] }, b: set });
  steps({ a: { try: steps({ b: set }), catch: { then: 'c' } }, c: set });
  steps({ a: { fork: { branches: branches({ b: { set: { x: 1 }, then: 'exit' }, c: set }) } } });
  steps({ a: { call: 'charge:1.0.0@default', with: { amount: 1 }, metadata: { palace: { effect: 'unique' }, note: 'x' } } });
  steps({ a: { listen: { to: { any: [signal('x'), signal('y')], until: '.done' } } } });
  steps({ a: { wait: 'PT1S' }, b: { wait: { seconds: 1 } }, c: { wait: jq`.pause` } });
  flow({ document: { ...document, metadata: { palace: { schedule: { zone: 'Europe/Berlin' } } } }, schedule: { cron: '0 9 * * *' }, do: [{ a: set }] });
  flow({ document, schedule: { on: { any: [{ with: { type: 'a.b', data: jq`.n > 1` } }] }, read: 'envelope' }, do: [{ a: set }] });
  expect(flow({ document, do: [{ [`step ${1}`]: { set: { x: 1 } } }] })).toMatchObject({ document: { dsl: '1.0.3' } });
});

/** Refused by the type check (`./palace check-code`), which fails where it lets one of them pass. */
function mistakes(): void {
  // @ts-expect-error: there is no step "c" in the list
  steps({ a: { set: { x: 1 }, then: 'c' }, b: set });
  // @ts-expect-error: a case goes to a step that is not there
  steps({ a: { switch: [{ one: { then: 'nowhere' } }] } });
  // @ts-expect-error: the error goes to a step that is not there
  steps({ a: { try: steps({ b: set }), catch: { then: 'b' } } });
  // @ts-expect-error: a branch cannot jump to another
  branches({ a: { set: { x: 1 }, then: 'b' }, b: set });
  // @ts-expect-error: an unknown key of a step
  steps({ a: { set: { x: 1 }, outpt: { as: '.' } } });
  // @ts-expect-error: a step of two kinds
  steps({ a: { set: { x: 1 }, wait: 'PT1S' } });
  // @ts-expect-error: a step of no kind
  steps({ a: { then: 'end' } });
  // @ts-expect-error: a try without a catch
  steps({ a: { try: steps({ b: set }) } });
  // @ts-expect-error: the shorthand is no OWS
  steps({ a: { set: { x: 1 }, retry: 3 } });
  // @ts-expect-error: an http call without an address
  steps({ a: { call: 'http', with: { method: 'get' } } });
  // @ts-expect-error: an unknown argument
  steps({ a: { call: 'http', with: { method: 'get', endpoint: '/', boddy: 1 } } });
  // @ts-expect-error: no HTTP method
  steps({ a: { call: 'http', with: { method: 'fetch', endpoint: '/' } } });
  // @ts-expect-error: no function of a catalog
  steps({ a: { call: 'charge' } });
  // @ts-expect-error: no class of effects
  steps({ a: { call: 'x:1.0.0@default', metadata: { palace: { effect: 'once' } } } });
  // @ts-expect-error: a duration in words
  steps({ a: { wait: '10 seconds' } });
  // @ts-expect-error: an unknown unit
  steps({ a: { wait: { second: 10 } } });
  // @ts-expect-error: text that is no expression
  steps({ a: { set: '.x' } });
  // @ts-expect-error: two ways to listen
  steps({ a: { listen: { to: { one: signal('x'), all: [] } } } });
  // @ts-expect-error: two backoffs
  steps({ a: { try: steps({ b: set }), catch: { retry: { backoff: { linear: {}, constant: {} } } } } });
  // @ts-expect-error: an unknown key of a retry policy
  steps({ a: { try: steps({ b: set }), catch: { retry: { dely: 'PT1S' } } } });
  // @ts-expect-error: two schedules
  flow({ document, schedule: { cron: '0 9 * * *', every: 'PT1H' }, do: [{ a: set }] });
  // @ts-expect-error: events of no type would start it
  flow({ document, schedule: { on: { one: { with: { source: '/a' } } } }, do: [{ a: set }] });
  // @ts-expect-error: an unknown key at the top
  flow({ document, do: steps({ a: set }), steps: [] });
  // @ts-expect-error: no version
  flow({ document: { namespace: 'a', name: 'b' }, do: steps({ a: set }) });
  // @ts-expect-error: an unknown key of the document
  flow({ document: { ...document, nme: 'b' }, do: steps({ a: set }) });
  // @ts-expect-error: steps as a map
  flow({ document, do: { a: set } });
  // @ts-expect-error: an extension of an unknown kind
  flow({ document, use: { extensions: [{ x: { extend: 'sets' } }] }, do: steps({ a: set }) });
}

it('the wrong ones do not; at run time nothing is checked, so that a builder never fails where validate would say why', () => {
  expect(mistakes).not.toThrow();
});
