'use client';
import { useEffect, useRef } from 'react';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import type { useMistakes } from './use-mistakes.ts';

export interface AskedDeeds {
  publish(thenRun: boolean): void;
  /** Leads to a mistake. */
  mend(): void;
}

/** To publish, asked for at any time: it waits for the check of what was typed last, and leads to the first mistake when there is one. */
export function useAsked({ checked, checking, problem }: ReturnType<typeof useMistakes>, deeds: AskedDeeds): (thenRun: boolean) => void {
  const text = useText();
  const ok = checked?.ok === true && problem === undefined;
  const waiting = useRef<{ readonly thenRun: boolean }>(undefined);
  const settle = (thenRun: boolean): void => {
    waiting.current = undefined;
    if (ok) return deeds.publish(thenRun);
    showToast({ tone: 'bad', title: text('editor.publish.mendFirst') });
    deeds.mend();
  };
  const latest = useRef(settle);
  useEffect(() => {
    latest.current = settle;
  });
  useEffect(() => {
    if (!checking && waiting.current !== undefined) latest.current(waiting.current.thenRun);
  }, [checking]);
  return (thenRun) => {
    if (checking) waiting.current = { thenRun };
    else settle(thenRun);
  };
}
