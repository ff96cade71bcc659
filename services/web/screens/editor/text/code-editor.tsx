'use client';
// The editor of a flow's text: CodeMirror with the language, mistakes as they come, and the step under the cursor.
// I1 The text is the editor's: React hears of it and never sets it, except by `replaceAll`, which can be undone.
// I2 Tab indents; Escape and then Tab leaves (CodeMirror's own rule), which the line below the editor says.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, indentService, indentUnit, type IndentContext } from '@codemirror/language';
import { lintGutter, lintKeymap, nextDiagnostic, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  type DecorationSet,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { completeFlow, explainKeys } from '../language/flow-completion.ts';
import type { Schema } from '../language/schema-look.ts';
import { editorLooks } from './editor-looks.ts';
import { indentAfter } from './indentation.ts';
import type { Replacement } from './places.ts';

/** What stands at a place of the text. */
export interface TextMistake {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  /** The button that mends it. */
  readonly mend?: { readonly title: string; readonly change: Replacement };
}

/** What the screen may do to the text. */
export interface EditorHandle {
  text(): string;
  show(offset: number): void;
  nextMistake(): void;
  change(change: Replacement): void;
  replaceAll(text: string): void;
}

export interface CodeEditorProps {
  readonly initial: string;
  readonly label: string;
  readonly readOnly: boolean;
  readonly mistakes: readonly TextMistake[];
  /** Of flows, as the server has it. */
  readonly schema: Schema;
  /** The step that is chosen on the canvas. */
  readonly lit: { readonly from: number; readonly to: number } | undefined;
  onText(text: string): void;
  onCursor(offset: number): void;
  onReady(handle: EditorHandle | undefined): void;
}

export function CodeEditor(props: CodeEditorProps) {
  const { initial, label, readOnly, mistakes, lit } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return undefined;
    const made = new EditorView({ parent, state: stateOf(initial, label, readOnly, latest) });
    view.current = made;
    latest.current.onReady(handleOf(made));
    return () => {
      latest.current.onReady(undefined);
      view.current = undefined;
      made.destroy();
    };
  }, [initial, label, readOnly]);
  useEffect(() => {
    const { current } = view;
    if (current !== undefined) current.dispatch(setDiagnostics(current.state, diagnosticsOf(mistakes, current.state.doc.length)));
  }, [mistakes]);
  useEffect(() => {
    view.current?.dispatch({ effects: light.of(lit) });
  }, [lit]);
  return <div ref={box} dir="ltr" data-keys="own" className="min-h-0 flex-1 overflow-hidden" />;
}

function stateOf(doc: string, label: string, readOnly: boolean, latest: { readonly current: CodeEditorProps }): EditorState {
  return EditorState.create({
    doc,
    extensions: [
      EditorState.readOnly.of(readOnly),
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', dir: 'ltr', spellcheck: 'false', autocapitalize: 'off' }),
      lineNumbers(),
      // What is not seen, or turns the direction, is shown as a mark: a text is what it looks like.
      highlightSpecialChars(),
      lintGutter(),
      foldGutter(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      history(),
      drawSelection(),
      indentUnit.of('  '),
      indentService.of((context, at) => indentBefore(context, at)),
      bracketMatching(),
      closeBrackets(),
      highlightSelectionMatches(),
      search({ top: true }),
      yaml(),
      autocompletion({ override: [completeFlow(() => latest.current.schema)], icons: false, activateOnTyping: true, maxRenderedOptions: 60 }),
      explainKeys(() => latest.current.schema),
      litLines,
      editorLooks,
      keymap.of([
        ...completionKeymap,
        ...closeBracketsKeymap,
        ...lintKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
        // With Ctrl or Cmd, Enter publishes and runs (flow-editor.tsx).
        ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
        indentWithTab,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onText(update.state.doc.toString());
        if (update.docChanged || update.selectionSet) latest.current.onCursor(update.state.selection.main.head);
      }),
    ],
  });
}

/** Of the last line above that says something. */
function indentBefore(context: IndentContext, at: number): number {
  let { text, from } = context.lineAt(at, -1);
  if (context.simulatedBreak === null || from === at) {
    while (from > 0 && (text.trim() === '' || from === at)) ({ text, from } = context.lineAt(from - 1, -1));
  }
  return indentAfter(text);
}

function handleOf(view: EditorView): EditorHandle {
  return {
    text: () => view.state.doc.toString(),
    show: (offset) => {
      const at = Math.min(offset, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
    },
    nextMistake: () => {
      view.focus();
      nextDiagnostic(view);
    },
    change: ({ from, to, text }) => {
      view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, scrollIntoView: true, userEvent: 'input.mend' });
      view.focus();
    },
    replaceAll: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, userEvent: 'input.replace' }),
  };
}

/** The text may have become shorter since it was checked. */
const diagnosticsOf = (mistakes: readonly TextMistake[], length: number): Diagnostic[] =>
  mistakes.map(({ from, to, message, mend }) => ({
    from: Math.min(from, length),
    to: Math.min(Math.max(to, from), length),
    severity: 'error',
    message,
    ...(mend !== undefined && {
      actions: [
        {
          name: mend.title,
          apply: (view: EditorView) =>
            view.dispatch({ changes: { from: mend.change.from, to: mend.change.to, insert: mend.change.text }, userEvent: 'input.mend' }),
        },
      ],
    }),
  }));

const light = StateEffect.define<{ readonly from: number; readonly to: number } | undefined>();
const litLine = Decoration.line({ class: 'cm-step-line' });
const litLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { changes, effects, state }) {
    for (const effect of effects) {
      if (!effect.is(light)) continue;
      if (effect.value === undefined) return Decoration.none;
      const first = state.doc.lineAt(Math.min(effect.value.from, state.doc.length)).number;
      const last = state.doc.lineAt(Math.min(effect.value.to, state.doc.length)).number;
      const lines = Array.from({ length: Math.min(last - first + 1, 400) }, (_, i) => litLine.range(state.doc.line(first + i).from));
      return Decoration.set(lines);
    }
    return before.map(changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});
