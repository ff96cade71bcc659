// Records the journals of a release: node test/journals/record.ts
// It writes what is not there yet for the present journal format, and changes nothing that is. With --states it adds, to every kept journal
// of every format, the states of the present version of evolve: for a change of evolve that was looked at and is meant.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { JOURNAL_FORMAT, type Command } from '@palace/flow/core/model.ts';
import { EVOLVE_VERSION } from '@palace/flow/core/run.ts';
import type { VirtualShell } from '@palace/flow/core/virtual-shell.ts';
import { endOf, fileOf, foldKept, formats, namesOf, readKept, seenOf, type KeptJournal, type KeptRun } from './kept.ts';
import { beginning, SCENARIOS, type Scenario } from './scenarios.ts';

const { values } = parseArgs({ options: { states: { type: 'boolean' } } });

if (values.states === true) for (const format of formats()) for (const name of namesOf(format)) addStates(format, name);
else for (const scenario of SCENARIOS) recordMissing(scenario);

function recordMissing(scenario: Scenario): void {
  const file = fileOf(JOURNAL_FORMAT, scenario.name);
  if (existsSync(file)) return say(`kept      ${scenario.name}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, textOf(record(scenario)));
  say(`recorded  ${scenario.name}`);
}

function record(scenario: Scenario): KeptJournal {
  const shell = beginning(scenario);
  const rest: { nowMs: number; command: Command }[] = [];
  let cutAt: number | undefined;
  const give = shell.give.bind(shell);
  shell.give = (command) => {
    if (cutAt !== undefined) rest.push({ nowMs: shell.nowMs, command });
    return give(command);
  };
  scenario.live(shell, () => (cutAt = shell.journal.length));
  if (cutAt === undefined || cutAt === shell.journal.length) throw new Error(`${scenario.name} has no cut, or nothing behind it`);
  if (!['completed', 'failed', 'cancelled'].includes(shell.run.phase)) throw new Error(`${scenario.name} is ${shell.run.phase}: it does not end`);
  const { hash, program } = shell.linked;
  const kept = { format: JOURNAL_FORMAT, programs: [{ hash, program }], runs: [] };
  const run = keptRun(shell, cutAt, rest);
  const folded = foldKept(kept, run);
  return { ...kept, runs: [{ ...run, states: { [EVOLVE_VERSION]: folded.states }, seen: seenOf(folded.run) }] };
}

function keptRun({ run, journal, limits }: VirtualShell, cutAt: number, rest: KeptRun['rest']): KeptRun {
  const seen = { phase: run.phase, status: '', seq: 0, context: null, waitingFor: null };
  return { run: run.id, journal: journal.slice(0, cutAt), states: {}, seen, rest, limits, ends: endOf(run) };
}

function addStates(format: number, name: string): void {
  const kept = readKept(format, name);
  const runs = kept.runs.map((run) => ({ ...run, states: { ...run.states, [EVOLVE_VERSION]: foldKept(kept, run).states } }));
  writeFileSync(fileOf(format, name), textOf({ ...kept, runs }));
  say(`states of evolve ${EVOLVE_VERSION}: format ${format}, ${name}`);
}

/** An event a line. */
function textOf({ format, programs, runs }: KeptJournal): string {
  const list = (items: readonly unknown[]): string => `[${items.map((item) => `\n${JSON.stringify(item)}`).join(',')}\n]`;
  const fields = (one: object): string => {
    const lines = Object.entries(one).map(
      ([key, value]) => `"${key}": ${key === 'journal' || key === 'rest' ? list(value as unknown[]) : JSON.stringify(value)}`,
    );
    return `{\n${lines.join(',\n')}\n}`;
  };
  return `{\n"format": ${format},\n"programs": ${list(programs)},\n"runs": [\n${runs.map(fields).join(',\n')}\n]\n}\n`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
