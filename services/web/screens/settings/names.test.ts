// What the console takes as a name, the gateway takes too, and the other way round.
import { egressAddress, email, environmentName, secretName, variableName } from '@palace/gateway/contract.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAddress, isEmail, isEnvironmentName, isName } from './names.ts';

const near = (letters: string): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });

test('names of variables, secrets, environments, addresses and people are judged as the gateway judges them', () => {
  fc.assert(
    fc.property(near('aZ09_.-:@ ['), (text) => {
      expect(isName(text)).toBe(variableName.safeParse(text).success);
      expect(isName(text)).toBe(secretName.safeParse(text).success);
      expect(isEnvironmentName(text)).toBe(environmentName.safeParse(text).success);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(near('az09.-:[]'), (text) => {
      expect(isAddress(text)).toBe(egressAddress.safeParse(text).success);
    }),
    { numRuns: 500 },
  );
  for (const text of ['a@b', 'owner@localhost', 'a b@c', '@c', 'a@', 'a@b@c', 'a"@b']) expect(isEmail(text), text).toBe(email.safeParse(text).success);
  for (const text of ['example.com:443', '[::1]:80', 'example.com', 'example.com:70000', 'EXAMPLE.com:1', 'a:0'])
    expect(isAddress(text), text).toBe(egressAddress.safeParse(text).success);
});
