// Keys in a table to what they do. Pure.

export type TableMove =
  | { readonly kind: 'go'; readonly to: number }
  | { readonly kind: 'open' | 'menu' | 'toggle' | 'all' | 'clear' }
  | { readonly kind: 'none' };

const PAGE = 15;

/** `at`: the row that the keyboard is on; -1 before the first move. */
export function tableMove(chord: string, at: number, count: number): TableMove {
  const go = (to: number): TableMove => (count === 0 ? { kind: 'none' } : { kind: 'go', to: Math.max(0, Math.min(count - 1, to)) });
  switch (chord) {
    case 'j':
    case 'down':
      return go(at + 1);
    case 'k':
    case 'up':
      return go(at === -1 ? 0 : at - 1);
    case 'pagedown':
      return go(at + PAGE);
    case 'pageup':
      return go(at - PAGE);
    case 'home':
      return go(0);
    case 'end':
      return go(count - 1);
    case 'enter':
      return at === -1 ? { kind: 'none' } : { kind: 'open' };
    case 'm':
    case 'contextmenu':
    case 'shift+f10':
      return at === -1 ? { kind: 'none' } : { kind: 'menu' };
    case 'x':
    case 'space':
      return at === -1 ? { kind: 'none' } : { kind: 'toggle' };
    case 'mod+a':
      return { kind: 'all' };
    case 'escape':
      return { kind: 'clear' };
    default:
      return { kind: 'none' };
  }
}
