// Compiles flow files on this machine: opens no connection, runs nothing. Used by validate and before apply.
import { compileFlow } from '@palace/flow/core/compile.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { FlowFile } from './flow-files.ts';
import { placeLine } from './report-failure.ts';
import { oneLine, style, type Terminal } from './terminal.ts';

export interface CheckedFlow {
  readonly file: FlowFile;
  readonly errors: readonly ErrorPlace[];
  readonly warnings: readonly ErrorPlace[];
  /** Addresses that publishing fetches. */
  readonly fetchedAtPublishing: readonly string[];
}

export function checkFlow(file: FlowFile): CheckedFlow {
  const result = compileFlow(file.source, { sourceName: file.path });
  if (!result.ok) return { file, errors: result.errors, warnings: [], fetchedAtPublishing: [] };
  return { file, errors: [], warnings: result.warnings, fetchedAtPublishing: result.unfetched.map(({ address }) => address) };
}

export function printPlaces(terminal: Terminal, { file, errors, warnings }: Pick<CheckedFlow, 'file' | 'errors' | 'warnings'>): void {
  const lines = file.source.split('\n');
  const marked = [
    ...errors.map((place) => ({ place, word: style('red', 'error') })),
    ...warnings.map((place) => ({ place, word: style('yellow', 'warning') })),
  ];
  for (const { place, word } of marked) {
    terminal.note(`${word} ${placeLine(place, file.path)}`);
    const line = place.line === undefined ? undefined : lines[place.line - 1];
    if (line === undefined || line.length > 200 || place.line === undefined) continue;
    const head = `${place.line} | `;
    terminal.note(style('dim', `  ${head}${oneLine(line)}`));
    if (place.column !== undefined) terminal.note(`  ${' '.repeat(head.length + place.column - 1)}^`);
  }
}
