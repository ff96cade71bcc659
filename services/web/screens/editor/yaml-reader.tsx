'use client';
// A flow's text that is only read: the editor's look, search and folding, no cursor that writes.
import { yaml } from '@codemirror/lang-yaml';
import { foldGutter, foldKeymap } from '@codemirror/language';
import { search, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { CopyButton } from '../../design/copy-button.tsx';
import { editorLooks } from './text/editor-looks.ts';

export interface YamlViewProps {
  readonly text: string;
  readonly label: string;
}

export function YamlReader({ text, label }: YamlViewProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return undefined;
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0', dir: 'ltr' }),
          lineNumbers(),
          highlightSpecialChars(),
          foldGutter(),
          yaml(),
          search({ top: true }),
          keymap.of([...searchKeymap, ...foldKeymap]),
          editorLooks,
        ],
      }),
    });
    return () => view.destroy();
  }, [text, label]);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div ref={box} dir="ltr" className="min-h-0 flex-1 overflow-hidden" />
      <span className="absolute end-4 top-2 rounded-sm bg-panel">
        <CopyButton value={text} />
      </span>
    </div>
  );
}
