// The rules of the house, over the whole tree. Each rule is first shown a planted example that it must refuse, then the
// project, where it must find nothing. What a linter can hold file by file is in .oxlintrc.json.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionSizes, LIMIT_LINES } from './architecture/functions.ts';
import { cycles, importFaults, joinFaults } from './architecture/imports.ts';
import { IDS, KEPT, promiseFaults, readPromises } from './architecture/promises.ts';
import { isTest, listFiles, readSources, readText, type SourceFile, sourceFile } from './architecture/source.ts';
import { fileSizeFaults, HARD_LIMIT_LINES, headFaults, purityFaults, sqlFaults, textFaults, traceFaults, USUAL_LIMIT_LINES } from './architecture/text.ts';

const SOURCES = readSources();
const importing = (path: string, ...names: readonly string[]): SourceFile => sourceFile(path, names.map((name) => `import { x } from '${name}';\n`).join(''));
const manyLines = (count: number): string => '// x\n'.repeat(count);

describe('imports', () => {
  test.each([
    ['platform/egress/a.ts', '@palace/flow/contract.ts'],
    ['platform/egress/a.test.ts', '../../services/flow/contract.ts'],
    ['platform/egress/a.ts', '@palace/jq/jq.ts'],
    ['flow-builder/a.ts', '@palace/flow/contract.ts'],
    ['flow-builder/a.ts', 'node:fs'],
    ['jq/a.ts', 'node:fs'],
    ['jq/a.ts', '@palace/platform/errors.ts'],
    ['services/flow/core/a.ts', '../engine/engine.ts'],
    ['services/flow/core/a.ts', '@palace/platform/database/port.ts'],
    ['services/flow/core/language/a.ts', 'node:fs'],
    ['services/flow/core/a.ts', 'express'],
    ['platform/durable/core/a.ts', '../postgres.ts'],
    ['services/gateway/a.ts', '@palace/flow/service.ts'],
    ['services/gateway/a.ts', '../flow/core/compile.ts'],
    ['services/flow/a.ts', '../../bin/call.ts'],
    ['services/flow/a.ts', '@palace/platform/database/pg.ts'],
    ['bin/serve/a.ts', '@palace/platform/cache/memory.ts'],
    ['samples/order-intake/a.ts', '@palace/flow/contract.ts'],
    ['services/flow/executors/a.ts', 'node:http'],
    ['services/flow/executors/a.ts', 'undici'],
    ['services/flow/store/a.ts', 'pg'],
    ['services/flow/a.ts', 'node:child_process'],
    ['services/flow/executors/shell.ts', 'node:child_process'],
    ['services/web/service.ts', 'node:child_process'],
    ['services/web/screens/home/home.tsx', '@palace/flow/service.ts'],
    ['services/web/screens/home/home.tsx', '@palace/platform/errors.ts'],
    ['services/web/screens/home/home.tsx', '../../server/build.ts'],
    ['services/web/api/client.ts', 'node:fs'],
    ['services/web/api/client.ts', 'better-auth'],
    ['services/web/server/build.ts', '../api/client.ts'],
    ['services/gateway/a.ts', '@palace/web/service.ts'],
  ])('%s may not import %s', (path, name) => {
    expect(importFaults([importing(path, name)])).toHaveLength(1);
  });

  test.each([
    ['services/gateway/a.ts', '@palace/flow/contract.ts'],
    ['services/flow/a.ts', '@palace/platform/database/port.ts'],
    ['services/flow/core/a.ts', '../contract.ts'],
    ['services/flow/core/language/a.ts', '@palace/jq/jq.ts'],
    ['platform/platform.ts', './cache/memory.ts'],
    ['bin/serve.ts', '@palace/flow/service.ts'],
    ['services/flow/flow.test.ts', '@palace/platform/database/testing.ts'],
    ['services/flow/executors/own-process.ts', 'node:child_process'],
    ['services/web/server/build.ts', 'node:child_process'],
    ['services/web/server/renderer.ts', '@palace/platform/telemetry/port.ts'],
    ['services/web/screens/home/home.tsx', '@palace/flow/contract.ts'],
    ['services/web/screens/home/home.tsx', '../../api/client.ts'],
    ['bin/serve/console.ts', '@palace/web/service.ts'],
  ])('%s may import %s', (path, name) => {
    expect(importFaults([importing(path, name)])).toEqual([]);
  });

  test('only bin joins services', () => {
    const both = ['@palace/flow/service.ts', '@palace/gateway/service.ts'];
    expect(joinFaults([importing('services/gateway/a.ts', ...both), importing('bin/up.ts', ...both)])).toHaveLength(1);
    expect(joinFaults(SOURCES)).toEqual([]);
  });

  test('a circle of three files is found, of types too', () => {
    const circle = [sourceFile('jq/a.ts', "import type { B } from './b.ts';"), importing('jq/b.ts', './c.ts'), importing('jq/c.ts', '@palace/jq/a.ts')];
    expect(cycles(circle)).toEqual(['jq/a.ts -> jq/b.ts -> jq/c.ts -> jq/a.ts']);
  });

  test('the project keeps the direction of its imports', () => {
    expect(SOURCES.length).toBeGreaterThan(200);
    expect(SOURCES.flatMap((file) => file.imports).length).toBeGreaterThan(SOURCES.length);
    expect(importFaults(SOURCES)).toEqual([]);
  });

  test('the project has no circles', () => {
    expect(cycles(SOURCES)).toEqual([]);
  });

  test('every relative import names a file that is there', () => {
    const known = new Set([...SOURCES.map((file) => file.path), ...listFiles(['.json', '.mjs', '.css'])]);
    expect(
      SOURCES.flatMap(({ path, imports }) =>
        imports.flatMap(({ file, name }) => (file !== undefined && !known.has(file) && !path.startsWith('test/') ? [`${path} ${name}`] : [])),
      ),
    ).toEqual([]);
  });
});

describe('what a file may contain', () => {
  test.each([
    ['services/flow/utils.ts', 'export const one = 1;'],
    ['services/flow/helpers/a.ts', 'export const one = 1;'],
    ['platform/index.ts', 'export const one = 1;'],
    ['services/flow/runStore.ts', 'export const one = 1;'],
    ['services/flow/a.ts', `export class Run${'Manager'} {}`],
    ['services/flow/a.ts', `export class ${'Base'}Store {}`],
    ['services/flow/a.ts', `// ${'TO'}DO write this`],
    ['services/flow/a.ts', `throw new Error('not ${'implemented'}');`],
    ['services/flow/a.ts', `// @ts-${'ignore'}`],
    ['services/flow/a.ts', `// oxlint-${'disable'}-next-line no-console`],
    ['services/flow/a.ts', `export const read = (value: ${'any'}) => value;`],
    ['services/flow/a.ts', `export const read = value as ${'any'};`],
    ['services/flow/a.test.ts', `vi.${'mock'}('./store.ts');`],
    ['services/flow/a.ts', 'export enum Kind { one }'],
    ['services/flow/a.ts', 'export const home = process.env.HOME;'],
    ['platform/database/a.ts', "const home = process.env['HOME'];"],
  ])('%s is refused with: %s', (path, text) => {
    expect(textFaults([sourceFile(path, text)])).toHaveLength(1);
  });

  test('the project contains none of it', () => {
    expect(textFaults(SOURCES)).toEqual([]);
  });

  test('core and jq take no time and no chance but what they are given', () => {
    const planted = ['Date.now()', 'new Date()', 'Math.random()', 'randomUUID()', 'setTimeout(f, 1)'].map((text) =>
      sourceFile('services/flow/core/a.ts', text),
    );
    expect(purityFaults(planted)).toHaveLength(planted.length);
    expect(purityFaults(SOURCES)).toEqual([]);
  });

  test('values reach SQL as parameters', () => {
    const planted = [
      'await sql.query(`select * from run where id = ${id}`);',
      'await sql.query<Row>(`delete from ${table} where id = $1`, [id]);',
      'await sql.query<Row>(`select ${COLUMNS} from run where id = $1`, [id]);',
    ];
    expect(sqlFaults(planted.map((text) => sourceFile('services/flow/store/a.ts', text)))).toHaveLength(2);
    expect(sqlFaults(SOURCES)).toEqual([]);
  });

  test('a file of some size opens with what it owns', () => {
    expect(headFaults([sourceFile('jq/a.ts', `import 'x';\n${manyLines(80)}`)])).toHaveLength(1);
    expect(headFaults([sourceFile('jq/a.ts', `// The parser. Owns nothing.\n${manyLines(80)}`)])).toEqual([]);
    expect(headFaults(SOURCES.filter(({ path }) => !path.endsWith('.test.ts')))).toEqual([]);
  });

  test('the project speaks of itself alone', () => {
    const planted = [`see /${'home'}/ada/notes.txt`, `https://registry.${'npmjs'}.org/x`, `written by an AI ${'assistant'}`, `as agreed in ticket ${41}`].map(
      (text) => ({ path: 'a.md', text }),
    );
    expect(traceFaults(planted)).toHaveLength(planted.length);
    const texts = listFiles(['.ts', '.md', '.yaml', '.yml', '.json', '.sql', '.mjs', '.txt', '.sh', 'palace', '.ci/run'])
      .filter((path) => path !== 'package-lock.json')
      .map((path) => ({ path, text: readText(path) }));
    expect(traceFaults(texts)).toEqual([]);
  });
});

describe('sizes', () => {
  test('a file over the hard limit and too many long files are found', () => {
    expect(
      fileSizeFaults([sourceFile('jq/a.ts', manyLines(HARD_LIMIT_LINES + 1)), ...Array.from({ length: 20 }, () => sourceFile('jq/b.ts', ''))]),
    ).toHaveLength(1);
    expect(fileSizeFaults([sourceFile('jq/a.ts', manyLines(USUAL_LIMIT_LINES + 1)), sourceFile('jq/b.ts', '')])).toEqual(['1 of 2 files are over 350 lines']);
  });

  test('nine files of ten are under 350 lines and none is over 450', () => {
    expect(fileSizeFaults(SOURCES)).toEqual([]);
  });

  test('a long function is found, and so is one inside another', () => {
    const folder = mkdtempSync(join(tmpdir(), 'palace-sizes-'));
    try {
      const body = (lines: number): string => '  work();\n'.repeat(lines);
      const file = join(folder, 'planted.ts');
      writeFileSync(
        file,
        `function long() {\n${body(80)}}\nconst factory = () => {\n${body(5)}  const inner = () => {\n${body(75)}  };\n  return inner;\n};\n`,
      );
      const sizes = functionSizes([file]).toSorted((a, b) => a.line - b.line);
      expect(sizes.map((one) => one.ownLines)).toEqual([82, 9, 77]);
      expect(sizes.map((one) => one.lines)).toEqual([82, 85, 77]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('no function has more than 70 lines of its own', () => {
    const sizes = functionSizes();
    expect(sizes.length).toBeGreaterThan(1_000);
    expect(sizes.filter((one) => one.ownLines > LIMIT_LINES && !isTest(one.file)).map((one) => `${one.file}:${one.line} ${one.ownLines}`)).toEqual([]);
  });
});

describe('docs/promises.md', () => {
  const has = (file: string, name: string): boolean => listFiles([file.slice(file.lastIndexOf('/') + 1)]).includes(file) && readText(file).includes(name);
  const row = (id: string, cell: string): string => `| ${id} | holds | ${cell} |`;
  const allLater = (replace: Record<string, string> = {}): string => IDS.map((id) => row(id, replace[id] ?? 'later: the next part')).join('\n');

  test('a missing, doubled, unproved or withdrawn promise is refused', () => {
    expect(promiseFaults(allLater(), [], has)).toEqual([]);
    expect(promiseFaults(allLater().replace(/^.*R7.*\n/m, ''), [], has)).toEqual(['R7 is missing']);
    expect(promiseFaults(`${allLater()}\n${row('S01', 'later: x')}`, [], has)).toEqual(['S01 is there twice or unknown']);
    expect(promiseFaults(allLater({ R1: '`test/architecture.test.ts` › "no such name at all, ' + 'nowhere"' }), ['R1'], has)).toHaveLength(1);
    expect(promiseFaults(allLater({ R1: 'proved by hand' }), [], has)).toHaveLength(1);
    expect(promiseFaults(allLater(), ['R3'], has)).toEqual(['R3 had a test and may not go back to later']);
    expect(promiseFaults(allLater({ R1: '`test/architecture.test.ts` › "the project has no circles"' }), [], has)).toEqual([
      'R1 has a test now: add it to KEPT',
    ]);
  });

  test('lists every promise once, each with tests that are there or what it waits for', () => {
    const page = readText('docs/promises.md');
    expect(readPromises(page).rows.length).toBe(IDS.length);
    expect(promiseFaults(page, KEPT, has)).toEqual([]);
  });
});
