// Keys of a terminal in raw mode, and what is kept of them.
import { describe, expect, it } from 'vitest';
import { HiddenLine } from './hidden-line.ts';

function typed(...chunks: readonly string[]): [string | undefined, string] {
  const line = new HiddenLine();
  let end: string | undefined;
  for (const chunk of chunks) {
    expect(end).toBeUndefined();
    end = line.feed(chunk);
  }
  return [end, line.text];
}

describe('a hidden line', () => {
  it('ends with Enter, and with Ctrl-D', () => {
    expect(typed('se', 'cret', '\r')).toEqual(['entered', 'secret']);
    expect(typed('secret\n')).toEqual(['entered', 'secret']);
    expect(typed('secret\u0004')).toEqual(['entered', 'secret']);
    expect(typed('\u0004')).toEqual(['entered', '']);
  });

  it('is interrupted by Ctrl-C, also within a paste', () => {
    expect(typed('sec\u0003')[0]).toBe('interrupted');
    expect(typed('\u001b[200~sec\u0003')[0]).toBe('interrupted');
  });

  it('loses its last character to Backspace, whatever its size, and all of it to Ctrl-U', () => {
    expect(typed('ab\u007fc\r')).toEqual(['entered', 'ac']);
    expect(typed('a😀\bé\r')).toEqual(['entered', 'aé']);
    expect(typed('\u007f\u007fa\r')).toEqual(['entered', 'a']);
    expect(typed('wrong\u0015right\r')).toEqual(['entered', 'right']);
  });

  it('keeps nothing of keys that move about, also when they come in pieces', () => {
    expect(typed('a\u001b[D\u001b[1;5Cb\u001bOA\u001b[3~c\u0001\u001a\r')).toEqual(['entered', 'abc']);
    expect(typed('a\u001b', '[', '1;5', 'Db', '\r')).toEqual(['entered', 'ab']);
  });

  it('takes a paste as it is, with its lines, when the terminal marks it', () => {
    expect(typed('\u001b[200~-----BEGIN\r\tx\u0015\r\u001b[201~', '!\r')).toEqual(['entered', '-----BEGIN\n\tx\n!']);
    expect(typed('\u001b[20', '0~a\nb\u001b[2', '01~\r')).toEqual(['entered', 'a\nb']);
  });

  it('refuses a second line where nothing marks a paste, and a text without end', () => {
    expect(typed('one\rtwo\r')[0]).toBe('several-lines');
    expect(typed('one\r\n')).toEqual(['entered', 'one']);
    expect(typed('x'.repeat(65_537))[0]).toBe('too-long');
  });
});
