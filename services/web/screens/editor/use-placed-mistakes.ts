'use client';
// What the server found wrong, at its places of the text, for the list and for the marks in the text.
import { useMemo } from 'react';
import { useText } from '../../language/language.tsx';
import type { PlacedMistake } from './mistake-list.tsx';
import type { TextMistake } from './text/code-editor.tsx';
import { offsetOf, replacementOf } from './text/places.ts';
import type { Checked } from './use-mistakes.ts';

export function usePlacedMistakes(
  checked: Checked | undefined,
  mayMend: boolean,
): { readonly list: readonly PlacedMistake[]; readonly marks: readonly TextMistake[] } {
  const words = useText();
  return useMemo(() => {
    const { mistakes = [], text = '' } = checked ?? {};
    const list = mistakes.map((mistake): PlacedMistake => {
      const offset = mistake.line === undefined ? 0 : offsetOf(text, mistake.line, mistake.column ?? 1);
      return { mistake, offset, change: mayMend ? replacementOf(text, offset, mistake.suggestion) : undefined };
    });
    const marks = list.map(({ mistake: { message, suggestion }, offset, change }): TextMistake => ({
      from: offset,
      to: endOfWord(text, offset),
      message: suggestion === undefined ? message : `${message} ${suggestion}`,
      ...(change !== undefined && { mend: { title: words('editor.mend', { word: change.text }), change } }),
    }));
    return { list, marks };
  }, [checked, mayMend, words]);
}

const endOfWord = (text: string, offset: number): number => offset + (/^[^\s:,{}[\]]+/.exec(text.slice(offset, offset + 200))?.[0].length ?? 1);
