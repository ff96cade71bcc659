'use client';
// What CodeMirror offers and explains while a flow is written: keys and values of the schema, names of steps, variables of expressions.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { hoverTooltip, type Tooltip } from '@codemirror/view';
import schemaJson from '../../../../../docs/flow.schema.json';
import { namesIn, variableAt, VARIABLES } from '../text/jq-tokens.ts';
import { cursorPlace, type CursorPlace } from './cursor-place.ts';
import { keysAt, noteOf, valuesAt, type KeyOffer, type Schema } from './schema-look.ts';

const SCHEMA = schemaJson as unknown as Schema;

export function completeFlow(context: CompletionContext): CompletionResult | null {
  const text = context.state.doc.toString();
  const variable = variableAt(text, context.pos);
  if (variable !== undefined) return { from: variable.from, options: variables(text), validFor: /^\$\w*$/ };
  const place = cursorPlace(text, context.pos);
  if (place === undefined || (place.typed === '' && !context.explicit && !isFreshPlace(text, context.pos))) return null;
  const options = place.key === undefined ? keysAt(SCHEMA, place.levels).map((offer) => keyOption(offer, place)) : valueOptions(text, place, place.key);
  return options.length === 0 ? null : { from: place.from, options, validFor: /^[\w./@:~-]*$/ };
}

/** Behind a colon, or at the beginning of a line that is indented: something is expected there. */
const isFreshPlace = (text: string, offset: number): boolean => /(:\s|\n\s+|-\s)$/.test(text.slice(Math.max(0, offset - 80), offset));

const variables = (text: string): Completion[] => [
  ...Object.entries(VARIABLES).map(([label, detail]): Completion => ({ label, detail, type: 'variable' })),
  ...namesIn(text).map((label): Completion => ({ label, type: 'variable', boost: 1 })),
];

function keyOption({ key, description, required, holds }: KeyOffer, place: CursorPlace): Completion {
  return {
    label: key,
    type: 'property',
    apply: `${key}:${behind(holds, place)}`,
    boost: required ? 10 : 0,
    ...(description !== undefined && { info: description }),
    ...(required && { detail: '*' }),
  };
}

function behind(holds: KeyOffer['holds'], { indent, inBraces }: CursorPlace): string {
  if (inBraces || holds === 'value') return ' ';
  const pad = ' '.repeat(indent + 2);
  return holds === 'map' ? `\n${pad}` : `\n${pad}- `;
}

const WAYS = ['continue', 'exit', 'end'];

function valueOptions(text: string, place: CursorPlace, key: string): Completion[] {
  const offers = valuesAt(SCHEMA, place.levels, key).map(({ value, description }): Completion => ({
    label: value,
    type: 'constant',
    ...(description !== undefined && { info: description }),
  }));
  if (key === 'then')
    return [
      ...offers,
      ...WAYS.map((label): Completion => ({ label, type: 'keyword' })),
      ...stepNames(text).map((label): Completion => ({ label, type: 'class' })),
    ];
  if (key === 'call') return [...offers, ...CALLS.map((label): Completion => ({ label, type: 'function' }))];
  return offers;
}
const CALLS = ['http', 'openapi', 'map:1.0.0@default'];

const stepNames = (text: string): string[] =>
  [...new Set([...text.matchAll(/^\s*-\s+["']?([\w./-]+)["']?:\s*(?:$|\{)/gm)].map((found) => found[1] ?? ''))].slice(0, 300);

/** The sentence of the key under the pointer. */
export const explainKeys = hoverTooltip((view, offset): Tooltip | null => {
  const line = view.state.doc.lineAt(offset);
  for (const found of line.text.matchAll(/([\w./@~-]+):(?=\s|$)/g)) {
    const from = line.from + found.index;
    const key = found[1] ?? '';
    if (offset < from || offset > from + key.length) continue;
    const place = cursorPlace(view.state.doc.toString(), from);
    const note = place === undefined ? undefined : noteOf(SCHEMA, [...place.levels.slice(0, -1), withOwn(place, key, line.text)], key);
    if (note === undefined) return null;
    return {
      pos: from,
      end: from + key.length,
      above: true,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'cm-note';
        dom.textContent = note;
        return { dom };
      },
    };
  }
  return null;
});

/** The key itself says what kind of step it is in. */
function withOwn({ levels }: CursorPlace, key: string, line: string): CursorPlace['levels'][number] {
  const last = levels.at(-1) ?? { by: undefined, isItem: false, keys: new Map<string, string>() };
  const value = /:\s+([^#{]*)/.exec(line.slice(line.indexOf(key)))?.[1]?.trim() ?? '';
  return { ...last, keys: new Map(last.keys).set(key, value) };
}
