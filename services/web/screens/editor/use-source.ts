'use client';
import { useEffect, useRef, useState } from 'react';
import type { FlowSource } from './text/places.ts';

const TYPING_MS = 150;

/** The document of the text a moment after the last key; while the text is no YAML, the last one that was. The parser comes with the editor. */
export function useSource(text: string): { readonly source: FlowSource | undefined; readonly isWhole: boolean } {
  const [state, setState] = useState<{ readonly source: FlowSource | undefined; readonly isWhole: boolean }>({ source: undefined, isWhole: true });
  const first = useRef(true);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        void import('./text/flow-source.ts').then(({ readSource }) => {
          if (!wanted) return;
          const found = readSource(text);
          setState((before) => (found === undefined ? { source: before.source, isWhole: false } : { source: found, isWhole: true }));
        });
      },
      first.current ? 0 : TYPING_MS,
    );
    first.current = false;
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}
