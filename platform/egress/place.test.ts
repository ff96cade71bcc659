import { describe, expect, test } from 'vitest';
import { parsePlace, whyNotAllowable } from './place.ts';
import { EgressFailure } from './port.ts';

describe('a place for a rule', () => {
  test.each([
    ['127.0.0.1:8000', '127.0.0.1', 8000],
    ['localhost:80', 'localhost', 80],
    ['Box.Example.:443', 'box.example', 443],
    ['[::1]:8000', '::1', 8000],
    ['[0:0:0:0:0:0:0:1]:1', '::1', 1],
    ['0x7f.1:65535', '127.0.0.1', 65_535],
    ['bücher.example:80', 'xn--bcher-kva.example', 80],
  ])('is read from %s', (text, host, port) => expect(parsePlace(text)).toEqual({ host, port }));

  test.each([
    '',
    'localhost',
    ':80',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:8a',
    'http://localhost:80',
    'a/b:80',
    'u@h:80',
    '::1:80',
    'a b:80',
    '*:80',
    '*.example:80',
    'h:80/',
  ])('is not read from "%s"', (text) => expect(() => parsePlace(text)).toThrow(EgressFailure));

  test('says what no rule can open', () => {
    for (const text of ['169.254.169.254:80', '2852039166:80', '[fe80::1]:80', '0.0.0.0:80', '224.0.0.1:80', 'metadata.google.internal:80', '192.0.2.1:80']) {
      expect(whyNotAllowable(parsePlace(text))).toMatch(/can never be allowed/);
    }
    for (const text of ['127.0.0.1:80', '10.0.0.1:80', '[::1]:80', 'box.example:80', '1.1.1.1:80']) expect(whyNotAllowable(parsePlace(text))).toBeUndefined();
  });
});
