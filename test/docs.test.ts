// The examples of the documents are true: every flow compiles, and where one says what it gives, it is run and compared.
// A block ```yaml with `document:` is a flow, a block ```jq an expression; `# input:` and `# gives:` hold JSON, `# hears:` the events that
// come while it listens, `# variables:` those of the environment, `# sub-flow gives:` what a sub-flow makes of its input, in jq.
// A block ```yaml with `cases:` is a check file of the flow above it; `# fails:` holds what its failure says, a block ```text after it the report.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failureLines, unpainted } from '../bin/check-report.ts';
import { runChecks, type CaseResult } from '@palace/flow/checks/run-checks.ts';
import { compileFlow } from '@palace/flow/core/compile.ts';
import { openCodeExecutors } from '@palace/flow/code-executors.ts';
import { Mask } from '@palace/flow/core/mask.ts';
import type { CloudEvent } from '@palace/flow/core/model.ts';
import { openEffects, type OpenEffect } from '@palace/flow/core/run.ts';
import { LIMITS, linkFlow, virtualShell, type VirtualShell } from '@palace/flow/core/virtual-shell.ts';
import { compile, type Json } from '@palace/jq/jq.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { describe, expect, test } from 'vitest';
import { listFiles, readText, ROOT } from './architecture/source.ts';

const PAGES = listFiles(['.md']);

interface Block {
  readonly page: string;
  readonly place: string;
  readonly language: string;
  readonly text: string;
  readonly input: Json | undefined;
  readonly gives: Json | undefined;
  readonly hears: Json | undefined;
  readonly variables: Json | undefined;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readText(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = '', text = ''] = found;
    const line = readText(page).slice(0, found.index).split('\n').length;
    const [input, gives, hears, variables] = ['input', 'gives', 'hears', 'variables'].map((word) => noted(text, word));
    return { page, place: `${page}:${line}`, language, text, input, gives, hears, variables };
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

const SIGNAL = new AbortController().signal;

/** Scripts are really run; no other act is performed. */
async function runScripts(shell: VirtualShell): Promise<void> {
  const { byName, close } = await openCodeExecutors(loadConfig({}, {}));
  const perform = new Map(byName).get('script');
  const isOpen = (effect: OpenEffect): boolean => effect.function === 'script';
  shell.play(() => 'silence');
  for (let effect = openEffects(shell.run).find(isOpen); effect !== undefined; effect = openEffects(shell.run).find(isOpen)) {
    const { act, attempt, key, args, deadlineMs } = effect;
    const step = shell.linked.program.steps[effect.pc];
    const code = step?.kind === 'call' ? (step.code ?? '') : '';
    const about = {
      tenant: 'docs',
      run: '',
      flow: 'docs/page',
      key,
      attempt,
      class: effect.class,
      args,
      code,
      deadlineMs,
      signal: SIGNAL,
      traceparent: undefined,
      mask: new Mask(),
    };
    const outcome = await perform?.(about);
    if (outcome?.ok === true) shell.give({ type: 'effect-done', act, attempt, result: outcome.result });
    else if (outcome !== undefined) shell.give({ type: 'effect-failed', act, attempt, fault: outcome.fault, reach: outcome.reach });
    shell.play(() => 'silence');
  }
  close();
}

const FLOWS = BLOCKS.filter((block) => block.language === 'yaml' && /^document:/m.test(block.text));
const CHECKS = BLOCKS.filter((block) => block.language === 'yaml' && /^cases:/m.test(block.text));
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

  test.each(FLOWS.filter((block) => block.gives !== undefined))('the flow at $place gives what it says', async ({ text, input, gives, hears, variables }) => {
    const shell = virtualShell(linkFlow(text));
    shell.give({ type: 'start', input: input ?? {}, ...(variables !== undefined && { variables: variables as { [name: string]: Json } }) });
    for (const [n, event] of ((hears ?? []) as object[]).entries()) {
      const heard = { specversion: '1.0', id: `${n}`, source: 'https://outside.example.com/', ...event } as CloudEvent;
      for (const act of shell.run.listens) shell.give({ type: 'event', act, event: heard });
    }
    endSubFlows(shell, text);
    await runScripts(shell);
    expect(shell.play()).toBe(true);
    expect({ phase: shell.run.phase, fault: shell.run.fault, output: shell.run.output }).toEqual({ phase: 'completed', fault: undefined, output: gives });
  });

  test.each(EXPRESSIONS)('the expression at $place gives what it says', ({ text, input, gives }) => {
    expect(gives).toBeDefined();
    expect(compile(text).all(input ?? null)).toEqual([gives]);
  });
});

/** Check files stand below their flow; a sub-flow stands on the same page. */
function casesAt(check: Block): readonly CaseResult[] {
  const above = FLOWS.filter((flow) => flow.page === check.page && BLOCKS.indexOf(flow) < BLOCKS.indexOf(check));
  const flows = above.map((flow, nth) => ({ path: nth === above.length - 1 ? 'flow.yaml' : `${nth}.yaml`, source: flow.text }));
  const options = { settings: { limits: LIMITS, lookBackMs: 60_000 }, filter: undefined, clock: () => 0 };
  const { files, broken } = runChecks([{ path: 'flow.check.yaml', source: check.text }], flows, options);
  expect(broken.flatMap(({ errors }) => errors)).toEqual([]);
  return files.flatMap((file) => file.cases);
}

describe('the checks of the documents', () => {
  test('are found', () => {
    expect(CHECKS.length).toBeGreaterThanOrEqual(6);
  });

  test.each(CHECKS)('those at $place do what they say', (check) => {
    const fails = /^# fails: (.+)$/m.exec(check.text)?.[1];
    const cases = casesAt(check);
    const failures = cases.flatMap((one) => one.failures.map(({ spot, message }) => `${spot.line} ${message}`));
    if (fails === undefined) expect(failures).toEqual([]);
    else expect(failures.join('\n')).toContain(fails);
    const report = BLOCKS[BLOCKS.indexOf(check) + 1];
    if (fails !== undefined && report?.language === 'text') expect(cases.flatMap((one) => failureLines(one, unpainted)).join('\n')).toBe(report.text.trimEnd());
  });
});

describe('the links of the documents', () => {
  test.each(PAGES)('%s links only to what is there', (page) => {
    const links = [...readText(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});
