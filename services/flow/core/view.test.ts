// What a waiting run says: the command that moves it can be pasted into a shell.
import { describe, expect, it } from 'vitest';
import { begun } from './begun-run.ts';
import { waitingFor } from './view.ts';

const listening = (to: string): (string | undefined)[] => waitingFor(begun(`  - hear: {listen: {to: ${to}}}`).run).map(({ command }) => command);

describe('a run that waits for an event', () => {
  it('names the command that publishes it, with what the document says of it', () => {
    expect(listening('{one: {with: {type: shop.order.shipped}}}')).toEqual(['palace emit shop.order.shipped']);
    expect(listening('{one: {with: {type: a.b, source: "https://x.test/it\'s?a=1&b", subject: O-1, data: {n: 1}}}}')).toEqual([
      `palace emit a.b --source 'https://x.test/it'\\''s?a=1&b' --subject O-1 --data '{"n":1}'`,
    ]);
    expect(listening('{one: {with: {type: "a b; rm -rf ~", data: "${ .n == 1 }"}}}')).toEqual([`palace emit 'a b; rm -rf ~'`]);
  });

  it('names each once, and for a signal its own', () => {
    expect(
      listening(
        '{any: [{with: {type: a.b}}, {with: {type: a.c}}, {with: {type: a.b}}, {with: {type: a.b, subject: x}}, {with: {type: agentspalace.signal.go}}]}',
      ),
    ).toEqual([expect.stringMatching(/^palace signal run_\w+ go$/), 'palace emit a.b', 'palace emit a.c', 'palace emit a.b --subject x']);
  });
});
