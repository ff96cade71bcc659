// What a person types and nobody is shown, key by key. Pure: the characters of a terminal in raw mode go in.
// I1 Nothing but text is kept: keys that move about, and other control characters, do nothing.
// I2 A paste is text as it is, line breaks too, where the terminal tells a paste from typing; where it does not, a second line is refused
//    rather than lost.

/** Asks a terminal to mark what is pasted, and to stop it. */
export const MARK_PASTES = '\u001b[?2004h';
export const MARK_NO_PASTES = '\u001b[?2004l';

export type HiddenEnd = 'entered' | 'interrupted' | 'several-lines' | 'too-long';

const MAX_CHARACTERS = 65_536;
/** Whole, or its beginning at the end of what came so far. */
const SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^[O])/;
const BEGUN_SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;
const PASTE_BEGINS = '\u001b[200~';
const PASTE_ENDS = '\u001b[201~';

export class HiddenLine {
  #kept: string[] = [];
  #pasting = false;
  /** An escape sequence of which the rest has not come. */
  #rest = '';

  get text(): string {
    return this.#kept.join('');
  }

  /** Undefined: it goes on. */
  feed(typed: string): HiddenEnd | undefined {
    let left = this.#rest + typed;
    this.#rest = '';
    while (left !== '') {
      const escapes = left.startsWith('\u001b');
      if (escapes && BEGUN_SEQUENCE.test(left)) {
        this.#rest = left;
        return undefined;
      }
      const sequence = escapes ? SEQUENCE.exec(left)?.[0] : undefined;
      const one = sequence ?? String.fromCodePoint(left.codePointAt(0) ?? 0);
      left = left.slice(one.length);
      const end = sequence === undefined ? this.#key(one) : this.#escaped(sequence);
      if (end === 'entered' && left.replace(/^\n/, '') !== '') return 'several-lines';
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #escaped(sequence: string): undefined {
    if (sequence === PASTE_BEGINS) this.#pasting = true;
    if (sequence === PASTE_ENDS) this.#pasting = false;
    return undefined;
  }

  #key(one: string): HiddenEnd | undefined {
    if (one === '\u0003') return 'interrupted';
    if (this.#pasting) return this.#keep(one === '\r' ? '\n' : one);
    switch (one) {
      case '\r':
      case '\n':
      case '\u0004':
        return 'entered';
      case '\u007f':
      case '\b':
        this.#kept.pop();
        return undefined;
      case '\u0015':
        this.#kept = [];
        return undefined;
      default:
        return this.#keep(one);
    }
  }

  #keep(one: string): HiddenEnd | undefined {
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(one)) return undefined;
    this.#kept.push(one);
    return this.#kept.length > MAX_CHARACTERS ? 'too-long' : undefined;
  }
}
