'use client';
// How a shortcut is written: 'g r' is G then R, 'mod+k' is Cmd or Ctrl with K.
import { Fragment, useSyncExternalStore } from 'react';
import { useText } from '../language/language.tsx';

const NAMES: Readonly<Record<string, string>> = {
  enter: '↵',
  escape: 'Esc',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  shift: '⇧',
};

const never = (): (() => void) => () => undefined;
/** The server cannot know; both write the same width. */
const useIsApple = (): boolean =>
  useSyncExternalStore(
    never,
    () => /Mac|iPhone|iPad/.test(navigator.platform),
    () => false,
  );

export function KeyHint({ keys }: { keys: string }) {
  const text = useText();
  const apple = useIsApple();
  const name = (key: string): string => (key === 'mod' ? (apple ? '⌘' : 'Ctrl') : (NAMES[key] ?? key.toUpperCase()));
  return (
    <span className="inline-flex items-center gap-1 text-2xs text-ink-soft">
      {keys.split(' ').map((chord, i) => (
        <Fragment key={`${chord} ${i}`}>
          {i > 0 && <span className="text-ink-faint">{text('design.then')}</span>}
          <kbd className="inline-flex h-4 min-w-4 items-center justify-center rounded-sm border border-line-strong bg-ground px-1 font-sans text-2xs leading-none text-ink-soft">
            {chord
              .split('+')
              .map(name)
              .join(apple ? '' : ' ')}
          </kbd>
        </Fragment>
      ))}
    </span>
  );
}
