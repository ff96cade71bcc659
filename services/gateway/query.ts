// The query of a URL as a flat object of texts. One spelling, one value a name.
// I1 A name given twice, bad percent-encoding, NUL, or too many names are refused (S19); nothing is guessed or nested.
import { PalaceError } from '@palace/platform/errors.ts';

const MAX_NAMES = 50;

export function parseQuery(url: string): Readonly<Record<string, string>> {
  const values = Object.create(null) as Record<string, string>;
  const start = url.indexOf('?');
  if (start === -1 || start === url.length - 1) return values;
  const pairs = url.slice(start + 1).split('&', MAX_NAMES + 1);
  if (pairs.length > MAX_NAMES) throw refused(`At most ${MAX_NAMES} parameters.`);
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (name in values) throw refused(`The parameter "${name.slice(0, 100)}" is given twice.`);
    values[name] = equals === -1 ? '' : decode(pair.slice(equals + 1));
  }
  return values;
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refused('The query has bad percent-encoding.');
  }
  if (decoded.includes('\u0000')) throw refused('The query has a NUL character.');
  return decoded;
}

function refused(detail: string): PalaceError {
  return new PalaceError('request.invalid', { detail });
}
