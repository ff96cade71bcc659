// Rows: for those who work on AgentsPalace itself.
import { JSON_FLAG, type CommandSpec } from '../command.ts';

export const DEVELOP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'test',
    group: 'Development',
    summary: 'Run the checks and tests of this checkout',
    usage: ['test [--full] [--cluster] [--list] [PATH...]'],
    about: [
      'Without flags: lint, formatting, unused code, types and all quick tests. --full adds the console in a browser, the simulator and the chaos tests, --cluster the tests with several processes. What cannot run here is named as skipped.',
    ],
    positionals: [{ name: 'PATH', summary: 'Only the test files under these paths.', optional: true, rest: true }],
    flags: [
      { name: 'full', kind: 'switch', summary: 'Also the console in a browser, simulator, chaos and overload, at the announced sizes.' },
      { name: 'cluster', kind: 'switch', summary: 'Also the tests with several processes.' },
      { name: 'list', kind: 'switch', summary: 'Only show the parts of each tier and their sizes.' },
      JSON_FLAG,
    ],
    examples: [
      { line: 'test', says: 'Before every commit.' },
      { line: 'test --full', says: 'Before a release.' },
    ],
    exits: [0, 1, 2, 130],
  },
  {
    name: 'bench',
    group: 'Development',
    summary: 'Measure speed and memory; JSON lines',
    usage: ['bench [NAME...]'],
    positionals: [{ name: 'NAME', summary: 'Workloads under test/bench/, without .ts; all when none is named.', optional: true, rest: true }],
    flags: [{ name: 'list', kind: 'switch', summary: 'Only list the workloads.' }, JSON_FLAG],
    examples: [{ line: 'bench', says: 'All workloads, one JSON line a figure.' }],
    exits: [0, 1, 2, 130],
  },
  {
    name: 'check-code',
    group: 'Development',
    summary: 'Types, lint, formatting and unused code, without running anything',
    usage: ['check-code [--fix]'],
    positionals: [],
    flags: [{ name: 'fix', kind: 'switch', summary: 'Mend what the formatter and the linter can mend.' }, JSON_FLAG],
    examples: [{ line: 'check-code', says: 'Seconds, before every commit.' }],
    exits: [0, 1, 2, 130],
  },
];
