// Keys pressed to the shortcut that they are: 'g r', 'mod+k', 'shift+?'. Pure but for the element that has the focus.

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** How long the second key of two may take. */
export const SEQUENCE_MS = 900;

export function chordOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string {
  const name = NAMES[key] ?? key.toLowerCase();
  const shifted = shiftKey && name.length > 1;
  return [(ctrlKey || metaKey) && 'mod', altKey && 'alt', shifted && 'shift', name].filter((part) => part !== false).join('+');
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Enter: 'enter',
  Escape: 'escape',
  ' ': 'space',
};

export type Match = { readonly kind: 'whole'; readonly keys: string } | { readonly kind: 'begun'; readonly chord: string } | { readonly kind: 'none' };

/** `begun`: the first key of two, when something starts with it. */
export function matchKeys(before: string | undefined, chord: string, known: readonly string[]): Match {
  for (const keys of before === undefined ? [chord] : [`${before} ${chord}`, chord]) {
    if (known.includes(keys)) return { kind: 'whole', keys };
  }
  return known.some((keys) => keys.startsWith(`${chord} `)) ? { kind: 'begun', chord } : { kind: 'none' };
}

/** Somebody writes there, or a menu or a dialog takes the keys. A chord with Ctrl or Cmd counts everywhere. */
export function keysAreTaken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, [role="menu"], [role="listbox"], [role="dialog"], [data-keys="own"]') !== null;
}
