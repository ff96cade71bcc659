// Every rule of .oxlintrc.json really fires: small bad files are written beside a copy of the configuration, and each
// must be refused by the rule it was written for. A rule that is configured as an error and has no bad file here fails.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UNFINISHED = `TO${'DO'}`;

interface BadFile {
  readonly rule: string;
  readonly path: string;
  readonly text: string;
}

const lines = (count: number, line: (n: number) => string): string => Array.from({ length: count }, (_, n) => line(n)).join('\n');
const imports = (name: string): string => `import { thing } from '${name}';\nexport const used = thing;\n`;
const inTest = (text: string): string => `import { expect, test, vi } from 'vitest';\n${text}\nexport const used = [expect, test, vi];\n`;

const BAD: readonly BadFile[] = [
  { rule: 'import/no-cycle', path: 'jq/first.ts', text: "import { second } from './second.ts';\nexport const first = (): number => second();\n" },
  { rule: 'import/no-cycle', path: 'jq/second.ts', text: "import { first } from './first.ts';\nexport const second = (): number => first();\n" },
  { rule: 'import/no-default-export', path: 'jq/default.ts', text: 'export default 1;\n' },
  {
    rule: 'import/no-duplicates',
    path: 'jq/twice.ts',
    text: "import { first } from './first.ts';\nimport { second } from './second.ts';\nimport { first as again } from './first.ts';\nexport const all = [first, second, again];\n",
  },
  { rule: 'unicorn/filename-case', path: 'jq/camelCase.ts', text: 'export const one = 1;\n' },
  { rule: 'max-lines', path: 'jq/long-file.ts', text: lines(451, (n) => `export const line${n} = ${n};`) },
  {
    rule: 'max-lines-per-function',
    path: 'jq/long-function.ts',
    text: `export function long(values: number[]): void {\n${lines(70, (n) => `  values.push(${n});`)}\n}\n`,
  },
  { rule: 'no-warning-comments', path: 'jq/mark.ts', text: `// ${UNFINISHED} later\nexport const one = 1;\n` },

  { rule: 'node/no-process-env', path: 'platform/egress/home.ts', text: 'export const home = process.env.HOME;\n' },
  { rule: 'node/no-process-env', path: 'services/flow/home.ts', text: 'export const home = process.env.HOME;\n' },
  { rule: 'node/no-process-env', path: 'bin/home.ts', text: 'export const home = process.env.HOME;\n' },
  { rule: 'no-console', path: 'services/flow/print.ts', text: "console.log('x');\nexport const one = 1;\n" },
  { rule: 'unicorn/no-process-exit', path: 'platform/leave.ts', text: 'process.exit(1);\nexport const one = 1;\n' },
  { rule: 'no-restricted-globals', path: 'services/flow/call-out.ts', text: "export const call = async (): Promise<unknown> => fetch('http://localhost');\n" },
  { rule: 'no-restricted-globals', path: 'services/flow/core/late.ts', text: 'export const late = (): unknown => setTimeout(() => undefined, 1);\n' },
  { rule: 'no-restricted-globals', path: 'jq/late.ts', text: 'export const now = (): number => performance.now();\n' },
  { rule: 'no-restricted-properties', path: 'services/flow/core/clock.ts', text: 'export const now = (): number => Date.now();\n' },
  { rule: 'no-restricted-properties', path: 'jq/chance.ts', text: 'export const chance = (): number => Math.random();\n' },

  { rule: 'no-eval', path: 'jq/run-text.ts', text: "export const two = (): unknown => eval('1 + 1');\n" },
  { rule: 'no-new-func', path: 'jq/run-text-too.ts', text: "export const two = new Function('return 1 + 1');\n" },
  { rule: 'typescript/no-implied-eval', path: 'platform/run-text-later.ts', text: "setTimeout('1 + 1', 5);\nexport const one = 1;\n" },
  { rule: 'no-proto', path: 'jq/parent.ts', text: 'export const parent = (value: { __proto__: unknown }): unknown => value.__proto__;\n' },
  { rule: 'no-extend-native', path: 'jq/extend.ts', text: "Object.defineProperty(Array.prototype, 'last', { value: 1 });\nexport const one = 1;\n" },

  { rule: 'typescript/no-explicit-any', path: 'jq/loose.ts', text: `export const loose = (value: ${'an'}y): unknown => value;\n` },
  { rule: 'typescript/ban-ts-comment', path: 'jq/quiet.ts', text: `// ${'@ts-'}ignore\nexport const one: number = 'x';\n` },
  {
    rule: 'typescript/no-floating-promises',
    path: 'services/flow/floating.ts',
    text: 'const work = async (): Promise<void> => undefined;\nexport const start = (): void => {\n  work();\n};\n',
  },
  {
    rule: 'typescript/no-misused-promises',
    path: 'services/flow/misused.ts',
    text: 'export const each = (values: number[]): void => values.forEach(async (value) => Promise.resolve(value));\n',
  },
  { rule: 'typescript/await-thenable', path: 'services/flow/no-promise.ts', text: 'export const wait = async (): Promise<number> => await 1;\n' },
  {
    rule: 'typescript/return-await',
    path: 'services/flow/lost-error.ts',
    text: 'const work = async (): Promise<number> => 1;\nexport async function safe(): Promise<number> {\n  try {\n    return work();\n  } catch {\n    return 0;\n  }\n}\n',
  },
  {
    rule: 'typescript/switch-exhaustiveness-check',
    path: 'jq/forgotten.ts',
    text: "export function word(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      break;\n  }\n}\n",
  },
  {
    rule: 'typescript/consistent-type-imports',
    path: 'jq/type-import.ts',
    text: "import { Shape } from './shape.ts';\nexport const size = (shape: Shape): number => shape.size;\n",
  },
  { rule: 'typescript/no-require-imports', path: 'jq/require.ts', text: "import fs = require('./shape.ts');\nexport const one = fs;\n" },

  {
    rule: 'react/no-danger',
    path: 'services/web/screens/markup.tsx',
    text: 'export const Markup = ({ text }: { text: string }) => <p dangerouslySetInnerHTML={{ __html: text }} />;\n',
  },
  {
    rule: 'react-hooks/rules-of-hooks',
    path: 'services/web/screens/hook-order.tsx',
    text: "import { useState } from 'react';\nexport function Sometimes({ on }: { on: boolean }) {\n  if (on) useState(1);\n  return <p />;\n}\n",
  },
  {
    rule: 'react-hooks/exhaustive-deps',
    path: 'services/web/screens/stale.tsx',
    text: "import { useEffect } from 'react';\nexport function Stale({ tell }: { tell: () => void }) {\n  useEffect(() => tell(), []);\n  return <p />;\n}\n",
  },
  {
    rule: 'jsx-a11y/control-has-associated-label',
    path: 'services/web/screens/no-name.tsx',
    text: 'export const Nameless = () => <button type="button" />;\n',
  },
  { rule: 'jsx-a11y/alt-text', path: 'services/web/screens/no-alt.tsx', text: 'export const Picture = () => <img src="/a.png" />;\n' },
  {
    rule: 'jsx-a11y/click-events-have-key-events',
    path: 'services/web/screens/mouse-only.tsx',
    text: 'export const Mouse = ({ act }: { act: () => void }) => <div onClick={act} />;\n',
  },
  { rule: 'import/no-default-export', path: 'services/web/screens/default.tsx', text: 'export default function Screen() {\n  return <p />;\n}\n' },
  { rule: 'no-restricted-globals', path: 'services/web/screens/ask.ts', text: "export const ask = async (): Promise<unknown> => fetch('/v1/me');\n" },

  { rule: 'eqeqeq', path: 'jq/loose-equality.ts', text: 'export const same = (a: unknown, b: unknown): boolean => a == b;\n' },
  { rule: 'no-var', path: 'jq/old.ts', text: 'export var one = 1;\n' },
  { rule: 'prefer-const', path: 'jq/never-changed.ts', text: 'export function one(): number {\n  let value = 1;\n  return value;\n}\n' },
  { rule: 'no-unused-vars', path: 'jq/unused.ts', text: 'const left = 1;\nexport const one = 1;\n' },

  { rule: 'vitest/no-focused-tests', path: 'jq/only.test.ts', text: inTest("test.only('runs alone', () => expect(1).toBe(1));") },
  { rule: 'vitest/no-disabled-tests', path: 'jq/skip.test.ts', text: inTest("test.skip('never runs', () => expect(1).toBe(1));") },
  {
    rule: 'vitest/no-identical-title',
    path: 'jq/same-title.test.ts',
    text: inTest("test('one', () => expect(1).toBe(1));\ntest('one', () => expect(2).toBe(2));"),
  },
  { rule: 'vitest/no-restricted-vi-methods', path: 'jq/mocked.test.ts', text: inTest(`vi.${'mock'}('./shape.ts');\ntest('a', () => expect(1).toBe(1));`) },
  { rule: 'vitest/valid-expect', path: 'jq/no-matcher.test.ts', text: inTest("test('forgets the matcher', () => {\n  expect(1);\n});") },

  ...['@palace/flow/contract.ts', '../../services/flow/contract.ts', './index.ts'].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `platform/egress/import-${n}.ts`,
    text: imports(name),
  })),
  ...['@palace/flow/contract.ts', 'node:fs', '../services/flow/contract.ts'].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `flow-builder/import-${n}.ts`,
    text: imports(name),
  })),
  ...['@palace/platform/errors.ts', 'node:fs', '../services/flow/contract.ts'].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `jq/import-${n}.ts`,
    text: imports(name),
  })),
  ...[
    '@palace/gateway/store.ts',
    '@palace/gateway/core/contract.ts',
    '@palace/platform/database/pg.ts',
    '@palace/platform/bus/memory.ts',
    '../../platform/errors.ts',
    '../../bin/call.ts',
    './index.ts',
  ].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `services/flow/import-${n}.ts`,
    text: imports(name),
  })),
  ...[
    'node:fs',
    'node:timers/promises',
    'pg',
    '@palace/platform/database/port.ts',
    '@palace/platform/config.ts',
    '@palace/gateway/service.ts',
    '../engine/engine.ts',
    '../store/port.ts',
    '../../routes/runs.ts',
  ].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `services/flow/core/import-${n}.ts`,
    text: imports(name),
  })),
  ...['node:fs', 'better-auth', '@palace/flow/service.ts', '@palace/platform/errors.ts', '../../server/build.ts', '../../service.ts', './index.tsx'].map(
    (name, n) => ({
      rule: 'no-restricted-imports',
      path: `services/web/screens/one/import-${n}.ts`,
      text: imports(name),
    }),
  ),
  ...['@palace/flow/contract.ts', '../../services/flow/contract.ts', '../../bin/call.ts'].map((name, n) => ({
    rule: 'no-restricted-imports',
    path: `samples/one/import-${n}.ts`,
    text: imports(name),
  })),
];

const GOOD: readonly Omit<BadFile, 'rule'>[] = [
  { path: 'jq/shape.ts', text: 'export interface Shape {\n  readonly size: number;\n}\n' },
  { path: 'platform/config.ts', text: 'export const home = (): string | undefined => process.env.HOME;\n' },
  { path: 'platform/config/names.ts', text: 'export const home = (): string | undefined => process.env.HOME;\n' },
  { path: 'bin/print.ts', text: "console.log('x');\nexport const one = 1;\n" },
  {
    path: 'services/flow/meet.ts',
    text: "import { thing } from '@palace/gateway/contract.ts';\nimport { other } from '@palace/platform/database/port.ts';\nexport const used = [thing, other];\n",
  },
  { path: 'services/web/api/ask.ts', text: "export const ask = async (): Promise<unknown> => fetch('/v1/me');\n" },
  { path: 'services/web/app/page.tsx', text: 'export default function Page() {\n  return <p>here</p>;\n}\n' },
  { path: 'services/web/next.config.ts', text: "import { join } from 'node:path';\nexport default { root: join('a', 'b') };\n" },
  {
    path: 'services/web/screens/meet.tsx',
    text: "import { thing } from '@palace/flow/contract.ts';\nimport { other } from '../design/other.tsx';\nexport const Used = () => <p>{[thing, other].length}</p>;\n",
  },
  {
    path: 'services/web/server/meet.ts',
    text: "import { request } from 'node:http';\nimport type { Log } from '@palace/platform/telemetry/port.ts';\nexport const used = (log: Log): unknown => [log, request];\n",
  },
  {
    path: 'services/flow/core/meet.ts',
    text: "import { createHash } from 'node:crypto';\nimport { thing } from '@palace/gateway/contract.ts';\nimport { other } from '@palace/platform/errors.ts';\nimport { word } from '@palace/jq/jq.ts';\nexport const used = [createHash, thing, other, word];\n",
  },
  {
    path: 'services/flow/core/clock.test.ts',
    text: inTest("import { readFileSync } from 'node:fs';\ntest('may read', () => expect(readFileSync('x')).toBe(Date.now()));"),
  },
];

interface Finding {
  readonly code?: string;
  readonly filename: string;
}

let folder = '';
let findings = new Map<string, Set<string>>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palace-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'services/web'), { recursive: true });
  copyFileSync(join(ROOT, 'services/web/tsconfig.json'), join(folder, 'services/web/tsconfig.json'));
  for (const { path, text } of [...BAD, ...GOOD]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const run = spawnSync(process.execPath, [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: Finding[] };
  findings = new Map();
  for (const { code, filename } of diagnostics) findings.set(filename, (findings.get(filename) ?? new Set()).add(ruleName(code ?? '')));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `eslint(no-console)` is `no-console` in the configuration; `import(no-cycle)` is `import/no-cycle`. */
function ruleName(code: string): string {
  const [, plugin = '', rule = ''] = /^([\w-]+)\((.+)\)$/.exec(code) ?? [];
  return plugin === 'eslint' ? rule : `${plugin}/${rule}`;
}

describe('the linter', () => {
  test.each(BAD)('refuses $path by $rule', ({ rule, path }) => {
    expect([...(findings.get(path) ?? [])]).toContain(rule);
  });

  test.each(GOOD)('accepts $path', ({ path }) => {
    expect([...(findings.get(path) ?? [])]).toEqual([]);
  });

  test('has a bad file for every rule that its configuration names as an error', () => {
    const text = readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8');
    const named = [...text.matchAll(/"([\w/-]+)": (?:"error"|\["error")/g)].map(([, name]) => name ?? '');
    const proved = new Set(BAD.map((one) => one.rule.replace('react-hooks/', 'react/')));
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((name) => !proved.has(name) && !['correctness', 'reportUnusedDisableDirectives'].includes(name))).toEqual([]);
  });
});
