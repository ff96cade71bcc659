// The examples of the documents are true: every flow compiles, and where one says what it gives, it is run and compared.
// A block ```yaml with `document:` is a flow, a block ```jq an expression; `# input:` and `# gives:` hold JSON, `# hears:` the events that
// come while it listens, `# sub-flow gives:` what a sub-flow makes of its input, in jq.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileFlow } from '@palace/flow/core/compile.ts';
import type { CloudEvent } from '@palace/flow/core/model.ts';
import { linkFlow, virtualShell, type VirtualShell } from '@palace/flow/core/virtual-shell.ts';
import { compile, type Json } from '@palace/jq/jq.ts';
import { describe, expect, test } from 'vitest';
import { listFiles, readText, ROOT } from './architecture/source.ts';

const PAGES = listFiles(['.md']);

interface Block {
  readonly place: string;
  readonly language: string;
  readonly text: string;
  readonly input: Json | undefined;
  readonly gives: Json | undefined;
  readonly hears: Json | undefined;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readText(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = '', text = ''] = found;
    const line = readText(page).slice(0, found.index).split('\n').length;
    return { place: `${page}:${line}`, language, text, input: noted(text, 'input'), gives: noted(text, 'gives'), hears: noted(text, 'hears') };
  }),
);

function noted(text: string, word: string): Json | undefined {
  const json = new RegExp(`^# ${word}: (.+)$`, 'm').exec(text)?.[1];
  return json === undefined ? undefined : (JSON.parse(json) as Json);
}

function endSubFlows(shell: VirtualShell, text: string): void {
  const program = /^# sub-flow gives: (.+)$/m.exec(text)?.[1];
  // The journal grows while it is read: a map begins the next child when one has ended.
  for (const event of shell.journal) {
    if (program === undefined || event.type !== 'child.requested') continue;
    const output = compile(program).first(event.input) ?? null;
    shell.give({ type: 'child-ended', act: event.act, child: event.run, output });
  }
}

const FLOWS = BLOCKS.filter((block) => block.language === 'yaml' && /^document:/m.test(block.text));
const EXPRESSIONS = BLOCKS.filter((block) => block.language === 'jq');

describe('the examples of the documents', () => {
  test('are found', () => {
    expect(FLOWS.length).toBeGreaterThanOrEqual(12);
    expect(FLOWS.filter((block) => block.gives !== undefined).length).toBeGreaterThanOrEqual(5);
    expect(EXPRESSIONS.length).toBeGreaterThanOrEqual(3);
  });

  test.each(FLOWS)('the flow at $place compiles', ({ text }) => {
    const compiled = compileFlow(text);
    expect(compiled.ok ? [] : compiled.errors).toEqual([]);
  });

  test.each(FLOWS.filter((block) => block.gives !== undefined))('the flow at $place gives what it says', ({ text, input, gives, hears }) => {
    const shell = virtualShell(linkFlow(text));
    shell.give({ type: 'start', input: input ?? {} });
    for (const [n, event] of ((hears ?? []) as object[]).entries()) {
      const heard = { specversion: '1.0', id: `${n}`, source: 'https://outside.example.com/', ...event } as CloudEvent;
      for (const act of shell.run.listens) shell.give({ type: 'event', act, event: heard });
    }
    endSubFlows(shell, text);
    expect(shell.play()).toBe(true);
    expect({ phase: shell.run.phase, fault: shell.run.fault, output: shell.run.output }).toEqual({ phase: 'completed', fault: undefined, output: gives });
  });

  test.each(EXPRESSIONS)('the expression at $place gives what it says', ({ text, input, gives }) => {
    expect(gives).toBeDefined();
    expect(compile(text).all(input ?? null)).toEqual([gives]);
  });
});

describe('the links of the documents', () => {
  test.each(PAGES)('%s links only to what is there', (page) => {
    const links = [...readText(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});
