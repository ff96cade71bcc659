import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, oneLine, openTerminal, style, table, visible, type Terminal } from './terminal.ts';

interface Fake {
  readonly terminal: Terminal;
  written(): string;
}

/** A stream that says it is a terminal of so many colours. */
function fake(isTTY: boolean, depth: number): Fake {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60, getColorDepth: () => depth }) as unknown as NodeJS.WriteStream;
  return { terminal: openTerminal(stream, stream), written: () => String((stream as unknown as PassThrough).read() ?? '') };
}

const HOSTILE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('the terminal', () => {
  it('never passes a control or direction character on, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { terminal, written } = fake(true, 1);
        terminal.out(text);
        terminal.note(oneLine(text));
        terminal.document(text);
        expect(written()).not.toMatch(HOSTILE);
      }),
    );
  });
  it('shows what an escape sequence was', () => {
    expect(visible('\u001b[2Jhello\u202e')).toBe('\\u{1b}[2Jhello\\u{202e}');
  });
  it('colours on a terminal with colours, and nowhere else', () => {
    const text = style('red', 'wrong');
    const [coloured, plain, pipe] = [fake(true, 8), fake(true, 1), fake(false, 8)];
    for (const one of [coloured, plain, pipe]) one.terminal.out(text);
    expect([coloured.written(), plain.written(), pipe.written()]).toEqual(['\u001b[31mwrong\u001b[0m\n', 'wrong\n', 'wrong\n']);
  });
  it('lets text from elsewhere choose a colour at most', () => {
    const { terminal, written } = fake(true, 8);
    terminal.out('\ufdd0 \u001b]0;title\u0007 \ufdef');
    expect(written()).toBe('\u001b[31m \\u{1b}]0;title\\u{7} \u001b[0m\n');
  });
  it('writes JSON that reads back the same and holds no hostile character', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const printed = jsonText({ value, text });
        expect(printed).not.toMatch(HOSTILE);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify({ value, text })));
      }),
    );
  });
  it('writes a document into a pipe exactly as it is', () => {
    const { terminal, written } = fake(false, 8);
    terminal.document('a: "\u200b\u0085"\n');
    expect(written()).toBe('a: "\u200b\u0085"\n');
  });
  it('aligns columns and cuts the last one to the width of the terminal', () => {
    const { terminal, written } = fake(true, 1);
    table(
      terminal,
      ['A', 'LONG NAME', 'C'],
      [
        ['1', '2', 'x'.repeat(100)],
        ['333', '4\n5', 'y'],
      ],
    );
    const lines = written().split('\n');
    expect(lines.slice(0, 3)).toEqual(['A    LONG NAME  C', `1    2          ${'x'.repeat(43)}…`, '333  4\\n5       y']);
  });
});
