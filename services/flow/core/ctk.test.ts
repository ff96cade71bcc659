// The specification's own conformance kit, where it is at hand: every scenario, with the pet store answered from memory.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileFlow } from './compile.ts';
import { link } from './link.ts';
import { virtualShell, type Answer, type VirtualShell } from './virtual-shell.ts';

const folder = join(import.meta.dirname, '../../../../shared/ows/ctk');
const features = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.feature')) : [];

/** Scenarios of calls that other functions make: they come with those. */
const LATER = /call: (openapi|grpc|asyncapi)|authentication:|basic|redirect/;

interface Scenario {
  readonly name: string;
  readonly flow: string;
  readonly input: Json;
  readonly checks: readonly { readonly text: string; readonly value: Json | undefined }[];
}

function scenariosOf(text: string): Scenario[] {
  return text
    .split(/^\s*Scenario: /m)
    .slice(1)
    .map((part) => {
      const blocks: string[] = [];
      const lines = part.replace(/\n\s*"""yaml\n([\s\S]*?)\n\s*"""/g, (_, block: string) => ` @${blocks.push(outdent(block)) - 1}`).split('\n');
      const block = (line: string): string | undefined => (/@(\d+)\s*$/.exec(line) === null ? undefined : blocks[Number(/@(\d+)\s*$/.exec(line)?.[1])]);
      const find = (what: string): string | undefined =>
        lines.map((line) => (line.includes(what) ? block(line) : undefined)).find((found) => found !== undefined);
      const input = find('workflow input is');
      const checks = lines
        .filter((line) => /^\s*(Then|And) (the workflow|\w+ should)/.test(line))
        .map((line) => ({ text: line.replace(/@\d+\s*$/, '').trim(), value: block(line) === undefined ? undefined : (parse(block(line) ?? '') as Json) }));
      return { name: (lines[0] ?? '').trim(), flow: find('with definition') ?? '', input: input === undefined ? {} : (parse(input) as Json), checks };
    });
}

function outdent(block: string): string {
  const indent = /^\s*/.exec(block.split('\n').find((line) => line.trim() !== '') ?? '')?.[0].length ?? 0;
  return block
    .split('\n')
    .map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length)))
    .join('\n');
}

function petStore(args: Json): Answer {
  const { endpoint } = args as { endpoint: string };
  const id = /\/pet\/(\d+)$/.exec(endpoint)?.[1];
  if (id !== undefined) return { result: { id: Number(id), name: 'Milou' } };
  return { fault: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication', status: 404, title: 'Not found' }, reach: 'answered' };
}

function check(shell: VirtualShell, { text, value }: Scenario['checks'][number]): void {
  const at = (path: string): unknown =>
    path.split('.').reduce<unknown>((found, key) => (found as { [key: string]: unknown } | undefined)?.[key], shell.run.output);
  const names = [...text.matchAll(/'([^']+)'/g)].map((found) => found[1] ?? '');
  const order = shell.journal.flatMap((e) => (e.type === 'step.entered' && e.pc > 0 ? [shell.linked.program.steps[e.pc]?.name] : []));
  const step = /^And (\w+) should run (first|last|after (\w+))/.exec(text);
  if (step !== null) {
    const [, name, how, other] = step;
    if (how === 'first') expect(order[0]).toBe(name);
    else if (how === 'last') expect(order.at(-1)).toBe(name);
    else expect(order.indexOf(name)).toBeGreaterThan(order.indexOf(other));
  } else if (/should fault/.test(text)) {
    expect(shell.run.phase).toBe('failed');
    if (value !== undefined) expect(shell.run.fault).toMatchObject(value as object);
  } else {
    expect(shell.run.fault).toBeUndefined();
    expect(shell.run.phase).toBe('completed');
    const count = /containing (\d+) items/.exec(text)?.[1];
    if (count !== undefined) expect(at(names[0] ?? '')).toHaveLength(Number(count));
    else if (names.length > 0 && value === undefined) for (const name of names) expect(at(name), name).toBeDefined();
    else if (names.length > 0) expect(at(names[0] ?? '')).toEqual(value);
    else if (value !== undefined) expect(shell.run.output).toEqual(value);
  }
}

describe.skipIf(features.length === 0)('the conformance kit', () => {
  for (const feature of features) {
    for (const scenario of scenariosOf(readFileSync(join(folder, feature), 'utf8'))) {
      it.skipIf(LATER.test(scenario.flow) || feature === 'call.feature')(`${feature}: ${scenario.name}`, () => {
        const compiled = compileFlow(scenario.flow);
        if (!compiled.ok) return expect(compiled.errors).toEqual([]);
        const shell = virtualShell(link(compiled.program, ''));
        shell.give({ type: 'start', input: scenario.input });
        shell.play((effect) => petStore(effect.args));
        expect(scenario.checks.length).toBeGreaterThan(0);
        for (const one of scenario.checks) check(shell, one);
      });
    }
  }
});
