// The flows under chaos, and how they are published. Each has acts of the classes whose promises differ.
import type { Door } from './door.ts';

export const STEPS = 'chaos/steps';
export const SIGNAL = 'chaos/signal';
export const DOUBT = 'chaos/doubt';
export const PARENT = 'chaos/parent';
/** No act outside: for load and for poison. */
export const PLAIN = 'chaos/plain';
/** Twenty steps that compute, decided at once: some work for a start, and no act outside. */
export const WORK = 'chaos/work';
export const HOLD = 'chaos/hold';
export const POISON = 'chaos/poison';

const DEADLINE = 'PT2S';

export function flow(ref: string, steps: readonly unknown[]): string {
  return JSON.stringify({ document: { dsl: '1.0.3', namespace: 'chaos', name: ref.split('/')[1], version: '1.0.0' }, do: steps });
}

function sources(sink: string): string[] {
  const act = (name: string, palace: unknown): unknown => ({
    [name]: { call: 'http', with: { method: 'post', endpoint: `${sink}/${name}`, body: {} }, metadata: { palace } },
  });
  const verify = {
    with: { method: 'get', endpoint: `\${ "${sink}/by-key/" + $effect.key }` },
    happened: '.status == 200',
    result: '{ verified: true }',
    absenceFinal: true,
  };
  const retried = (name: string): unknown => ({
    [`try-${name}`]: {
      try: [act(name, { effect: 'idempotent', deadline: DEADLINE })],
      catch: { retry: { delay: { milliseconds: 20 }, limit: { attempt: { count: 20 } } } },
    },
  });
  const listen = { hold: { listen: { to: { one: { with: { type: 'agentspalace.signal.go' } } } } } };
  const unique = act('unique', { effect: 'unique', deadline: DEADLINE, verify });
  return [
    flow(STEPS, [retried('first'), unique, retried('last'), { out: { set: { done: true } } }]),
    flow(SIGNAL, [retried('before'), listen, { heard: { set: { heard: '${ .[0].n }' } } }, unique, { out: { set: { done: true } } }]),
    flow(DOUBT, [act('blind', { effect: 'unique', deadline: DEADLINE }), { out: { set: { done: true } } }]),
    flow(PARENT, [{ nap: { wait: { milliseconds: 300 } } }, { sub: { run: { workflow: { namespace: 'chaos', name: 'steps', version: '1.0.0' } } } }]),
    flow(PLAIN, [{ sum: { set: { n: '${ .n }' } } }, { out: { set: { done: true } } }]),
    flow(WORK, [{ each: { for: { each: 'n', in: '[ range(20) ]' }, do: [{ add: { set: { sum: '${ (.sum // 0) + $n }' } } }] } }]),
    flow(HOLD, [listen, { out: { set: { done: true } } }]),
    flow(POISON, [listen, { out: { set: { poisoned: true } } }]),
  ];
}

/** Publishes the flows and allows the sink's address. */
export async function prepare(door: Door, sink: { readonly url: string; readonly address: string }): Promise<void> {
  await door.must('PUT', `/v1/egress/${sink.address}`, { action: 'allow', reason: 'chaos' });
  for (const source of sources(sink.url)) await door.must('POST', '/v1/flows', { source });
}
