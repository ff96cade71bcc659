import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERRORS, PalaceError, type ErrorCode, type ErrorRow } from './errors.ts';
import { renderErrorsPage } from './errors-page.ts';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const rows = Object.entries(ERRORS) as [ErrorCode, ErrorRow][];

describe('the error table', () => {
  test('and docs/errors.md name the same codes, in both directions', () => {
    const documented = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(
      documented.filter((code) => !(code !== undefined && code in ERRORS)),
      'documented, not in the table',
    ).toEqual([]);
    expect(
      rows.map(([code]) => code).filter((code) => !documented.includes(code)),
      'in the table, not documented',
    ).toEqual([]);
  });

  test('and docs/errors.md say the same (write it with: node platform/write-errors-page.ts)', () => {
    expect(page).toBe(renderErrorsPage());
  });

  test('has for each code an HTTP error status, one line of title, and a sentence of what to do', () => {
    for (const [code, row] of rows) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$/);
      expect(row.status).toBeGreaterThanOrEqual(400);
      expect(row.status).toBeLessThanOrEqual(599);
      expect(row.title).toMatch(/^[A-Z][^\n.]+$/);
      expect(row.next).toMatch(/^[A-Z][^\n]+\.$/);
    }
  });

  test('says "later" exactly where the server refused for now', () => {
    for (const [code, row] of rows) if (row.retry === 'later') expect([409, 429, 503], code).toContain(row.status);
  });
});

describe('a PalaceError', () => {
  test('carries its row, its detail as message, and its cause', () => {
    const cause = new Error('below');
    const error = new PalaceError('boot.port-busy', { detail: 'Port 8080 is taken.', cause, retryAfterSeconds: 2 });
    expect(error).toMatchObject({
      name: 'PalaceError',
      code: 'boot.port-busy',
      message: 'Port 8080 is taken.',
      row: ERRORS['boot.port-busy'],
      cause,
      retryAfterSeconds: 2,
    });
    expect(new PalaceError('not-found').message).toBe(ERRORS['not-found'].title);
  });
});
