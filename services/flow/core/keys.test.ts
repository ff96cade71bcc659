// Keys are shown to people: in histories, in doubts, in the command that settles one.
import { redactText } from '@palace/platform/telemetry/redact.ts';
import { expect, it } from 'vitest';
import { effectKey, eventId } from './keys.ts';

it('no key is ever taken for a secret and masked', () => {
  for (let n = 0; n < 20_000; n++) {
    for (const key of [effectKey(`run_${n}`, 1, '/do/0/pay', '', 0), eventId(`run_${n}`, 1, '/do/0/tell', '', 1)]) {
      expect(key).toMatch(/^[A-Za-z0-9]{22}$/);
      if (redactText(key) !== key) expect.unreachable(`${key} is masked`);
    }
  }
});
