'use client';
// How the text of a flow looks in CodeMirror: colours are those of design/tokens.css.
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Prec, RangeSetBuilder, type Extension } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { jqTokens, type JqKind } from './jq-tokens.ts';

const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--panel)', color: 'var(--ink)', fontSize: '0.8125rem' },
  // Its own class comes a moment after the focus.
  '&:focus-within, &.cm-focused': { outline: '1px solid var(--focus)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono, ui-monospace, monospace)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '6px 0' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--panel)', color: 'var(--ink-faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 12px', minWidth: '2.5rem' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklch, var(--hover) 60%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--hover)', color: 'var(--ink-soft)', border: 'none', padding: '0 4px' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selected)', outline: '1px solid var(--edge)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-wash)', outline: '1px solid var(--warn-bar)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--selection)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panels input, .cm-panels button': {
    backgroundColor: 'var(--panel)',
    backgroundImage: 'none',
    color: 'var(--ink)',
    border: '1px solid var(--edge)',
    borderRadius: '4px',
    fontSize: '0.75rem',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: 'none',
    boxShadow: 'var(--shadow-menu)',
    borderRadius: '6px',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono, ui-monospace, monospace)', maxHeight: '16rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-fill)', color: 'var(--accent-ink)' },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '22rem', fontSize: '0.75rem', lineHeight: '1.4' },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.8', fontStyle: 'normal', marginLeft: '1rem' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-note': { padding: '6px 10px', maxWidth: '26rem', fontSize: '0.75rem', lineHeight: '1.4' },
  '.cm-diagnostic': { padding: '6px 10px', borderLeft: '3px solid var(--bad-bar)', fontSize: '0.75rem', maxWidth: '32rem' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--accent-fill)', color: 'var(--accent-ink)', borderRadius: '4px', padding: '1px 8px', margin: '4px 0 0' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad-bar)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '3px',
  },
  '.cm-lint-marker-error': {
    content: '""',
    width: '8px',
    height: '8px',
    margin: '6px 3px',
    borderRadius: '2px',
    transform: 'rotate(45deg)',
    backgroundColor: 'var(--bad-bar)',
  },
  '.cm-jq-edge': { color: 'var(--accent)', fontWeight: '600' },
  '.cm-jq-variable': { color: 'var(--wait)' },
  '.cm-jq-text': { color: 'var(--value-text)' },
  '.cm-jq-number': { color: 'var(--value-number)' },
  '.cm-jq-word': { color: 'var(--wait)', fontWeight: '600' },
  '.cm-jq-path': { color: 'var(--value-number)' },
  '.cm-step-line': { backgroundColor: 'color-mix(in oklch, var(--selected) 55%, transparent)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--value-key)', fontWeight: '500' },
  { tag: [tags.string, tags.content], color: 'var(--value-text)' },
  { tag: [tags.number], color: 'var(--value-number)' },
  { tag: [tags.bool, tags.null, tags.keyword], color: 'var(--value-word)' },
  { tag: tags.comment, color: 'var(--ink-faint)', fontStyle: 'italic' },
  { tag: [tags.separator, tags.punctuation, tags.bracket], color: 'var(--ink-soft)' },
  { tag: [tags.meta, tags.labelName], color: 'var(--warn)' },
]);

const MARKS: Readonly<Record<JqKind, Decoration>> = {
  edge: Decoration.mark({ class: 'cm-jq-edge' }),
  variable: Decoration.mark({ class: 'cm-jq-variable' }),
  text: Decoration.mark({ class: 'cm-jq-text' }),
  number: Decoration.mark({ class: 'cm-jq-number' }),
  word: Decoration.mark({ class: 'cm-jq-word' }),
  path: Decoration.mark({ class: 'cm-jq-path' }),
};

/** What is in sight, with some lines above: an expression may have begun there. */
function marksOf({ state, visibleRanges }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  let done = 0;
  for (const { from, to } of visibleRanges) {
    const start = state.doc.line(Math.max(1, state.doc.lineAt(from).number - 40)).from;
    for (const token of jqTokens(state.sliceDoc(start, to), start)) {
      if (token.from < done) continue;
      builder.add(token.from, token.to, MARKS[token.kind]);
      done = token.to;
    }
  }
  return builder.finish();
}

const expressions = ViewPlugin.define(
  (view) => ({
    marks: marksOf(view),
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.marks = marksOf(update.view);
    },
  }),
  { decorations: ({ marks }) => marks },
);

export const editorLooks: Extension = [theme, syntaxHighlighting(colours), Prec.highest(expressions)];
