// What an apply did, or would do, for people: a line a document, the changed fields under it, one sentence at the end.
import type { ApplyChange, ApplyResult } from '@palace/flow/applies/contract.ts';
import type { Call } from './call.ts';
import { jsonText, oneLine, style, table } from './terminal.ts';

const MOST_SAME_SHOWN = 50;

export function printApply({ terminal, json, program }: Call, result: ApplyResult, tense: 'done' | 'planned'): void {
  if (json) return terminal.out(jsonText(result));
  const same = result.items.filter(({ action }) => action === 'same');
  const shown = same.length > MOST_SAME_SHOWN ? result.items.filter(({ action }) => action !== 'same') : result.items;
  if (shown.length > 0) {
    table(
      terminal,
      ['FLOW', 'VERSION', 'RESULT', 'FILE'],
      shown.map((one) => [one.name, versionText(one), resultText(one), one.sourceName ?? '']),
    );
  }
  for (const one of result.items) for (const line of fieldLines(one)) terminal.out(line);
  for (const one of result.items)
    if (one.fetchedAtPublishing !== undefined)
      terminal.note(`${one.name} names texts of elsewhere that are fetched when it is applied: ${one.fetchedAtPublishing.join(', ')}`);
  terminal.note(sentence(result, tense));
  for (const { name, version, suggestion } of result.items)
    if (suggestion !== undefined)
      terminal.note(`${name} ${version} is published with other content; give the new one a version of its own, e.g. ${suggestion}.`);
  const left = result.items.filter(({ action }) => action === 'left').length;
  if (left > 0)
    terminal.note(`${count(left, 'document')} of the set ${left === 1 ? 'is' : 'are'} not among the files; --prune removes ${left === 1 ? 'it' : 'them'}.`);
  if (tense === 'done' && result.number !== undefined && result.set !== undefined)
    terminal.note(style('dim', `Apply ${result.number} of ${result.set}. Back to an earlier one: ${program} rollback ${result.set} --to NUMBER`));
}

function versionText({ version, before }: ApplyChange): string {
  return before === undefined || before === version ? version : `${before} -> ${version}`;
}

function resultText({ action, openRuns, environment }: ApplyChange): string {
  const more = [openRuns === undefined ? '' : `${openRuns} open`, environment === undefined ? '' : `environment ${environment}`].filter((part) => part !== '');
  return more.length === 0 ? action : `${action} (${more.join(', ')})`;
}

function fieldLines({ action, name, changes = [], more = 0 }: ApplyChange): string[] {
  if ((action !== 'change' && action !== 'refused') || changes.length === 0) return [];
  const lines = changes.map(({ path, before, after }) => {
    const at = path === '' ? '(the document)' : path;
    if (before === undefined) return style('green', `  + ${at}: ${oneLine(after ?? '', 300)}`);
    if (after === undefined) return style('red', `  - ${at}: ${oneLine(before, 300)}`);
    return style('yellow', `  ~ ${at}: ${oneLine(before, 300)} -> ${oneLine(after, 300)}`);
  });
  return ['', style('bold', name), ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function sentence({ items }: ApplyResult, tense: 'done' | 'planned'): string {
  const words = { create: 'created', change: 'changed', prune: 'removed', same: 'the same', refused: 'refused' } as const;
  const parts = (Object.keys(words) as (keyof typeof words)[]).flatMap((action) => {
    const found = items.filter((item) => item.action === action).length;
    return found === 0 ? [] : [`${found} ${words[action]}`];
  });
  return `${parts.join(', ')}${tense === 'planned' ? '; nothing was written' : ''}.`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
