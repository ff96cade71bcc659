'use client';
// What is wrong with the text, asked of the server a moment after the last key. An answer to an older text is dropped.
import { useEffect, useState } from 'react';
import { validateFlow, type Mistake } from '../../api/flows.ts';
import { isAbort } from '../../api/client.ts';

const TYPING_MS = 250;

export interface Checked {
  /** The text that was checked. */
  readonly text: string;
  readonly ok: boolean;
  readonly mistakes: readonly Mistake[];
  readonly fetchedAtPublishing: readonly string[];
}

export function useMistakes(text: string): { readonly checked: Checked | undefined; readonly checking: boolean; readonly problem: unknown } {
  const [checked, setChecked] = useState<Checked>();
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      if (text.trim() === '') {
        setChecked({ text, ok: false, mistakes: [], fetchedAtPublishing: [] });
        return;
      }
      validateFlow(text, stop.signal).then(
        ({ ok, errors, fetchedAtPublishing = [] }) => {
          setProblem(undefined);
          setChecked({ text, ok, mistakes: errors, fetchedAtPublishing });
        },
        (error: unknown) => {
          if (!isAbort(error)) setProblem(error);
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return { checked, checking: checked?.text !== text && problem === undefined, problem };
}
