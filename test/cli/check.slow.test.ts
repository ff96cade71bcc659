// palace check as a user meets it: its exit codes, its JSON, its reports, what it writes. And the samples, which all carry checks.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openWorld, ROOT, shell } from './harness.ts';

const world = openWorld();
afterAll(() => world.close());

const FLOW = `document: { dsl: '1.0.3', namespace: test, name: add, version: '1.0.0' }
do:
  - add: { if: .n != 0, set: { sum: '\${ .n + 1 }' } }
`;

/** A folder with one flow and these check files. */
function folderWith(name: string, checks: Readonly<Record<string, string>>, flow = FLOW): string {
  const folder = join(world.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'add.yaml'), flow);
  for (const [file, text] of Object.entries(checks)) writeFileSync(join(folder, file), text);
  return folder;
}

describe('the samples', () => {
  it('pass all their checks, and every branch of them is taken', async () => {
    const { exit, out, err } = await shell(world, `palace check ${join(ROOT, 'samples')} --coverage 100 --json`);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    const report = JSON.parse(out) as { ok: boolean; files: { file: string; cases: unknown[] }[]; coverage: { flow: string }[] };
    expect(report.ok).toBe(true);
    expect(report.coverage.map(({ flow }) => flow).toSorted()).toEqual(['samples/order-enrichment', 'samples/order-intake', 'samples/subscription']);
  });
});

describe('palace check', () => {
  const PASSING = 'cases:\n  - { name: one more, input: { n: 1 }, expect: { result: { sum: 2 } } }\n';
  const FAILING = 'cases:\n  - name: two more # wrong\n    input: { n: 1 }\n    expect:\n      result: { sum: 3 } # was 3\n';

  it('ends with 0 when all pass, 1 when one fails, 2 when nothing can be checked, 3 when a flow does not compile', async () => {
    const good = folderWith('good', { 'add.check.yaml': PASSING });
    const bad = folderWith('bad', { 'add.check.yaml': FAILING });
    const wrong = folderWith('wrong', { 'add.check.yaml': 'casse: []\n' });
    const broken = folderWith('broken', { 'add.check.yaml': PASSING }, FLOW.replace('set:', 'sett:'));
    const ends: [string, number][] = [
      [good, 0],
      [`${good}/add.yaml`, 0],
      [`${good}/add.check.yaml`, 0],
      [bad, 1],
      [`${good} ${bad}`, 1],
      [wrong, 2],
      [`${good} ${wrong}`, 2],
      [broken, 3],
      [`${world.folder}/home`, 2],
      [`${world.folder}/nothing`, 2],
      [`${good} --filter nothing`, 2],
      [`${good} --coverage 100 --filter one`, 2],
      [`${good} --coverage 50`, 0],
      [`${good} --coverage 51`, 1],
    ];
    const found: [string, number][] = [];
    for (const [words] of ends) found.push([words, (await shell(world, `palace check ${words}`)).exit]);
    expect(found).toEqual(ends);
  });

  it('says where a case stands, what differs, the path, and what no case takes', async () => {
    const folder = folderWith('say', { 'add.check.yaml': FAILING });
    const { out } = await shell(world, `cd ${folder} && palace check .`);
    expect(out).toBe(`add.check.yaml
  failed  two more  add.check.yaml:2
      line 5: The result differs.
        - expected  + found
          {
        -   "sum": 3
        +   "sum": 2
          }
      path taken:
        0s  add  begins
        0s       the run ends
Branches that no case takes
  add.yaml:3  add: "if" is false  /do/0/add
0 passed, 1 failed; 1 of 2 branches taken.
`);
  });

  it('checks only the cases that are asked for', async () => {
    const folder = folderWith('filter', { 'add.check.yaml': PASSING, 'more.check.yaml': `flow: add.yaml\n${FAILING}` });
    expect((await shell(world, `palace check ${folder} --filter "ONE MORE"`)).exit).toBe(0);
    expect((await shell(world, `palace check ${folder} --filter more.check`)).exit).toBe(1);
  });

  it('writes JUnit XML', async () => {
    const folder = folderWith('junit', { 'add.check.yaml': PASSING, 'more.check.yaml': `flow: test/add\n${FAILING}` });
    const { exit } = await shell(world, `cd ${folder} && palace check . --junit out.xml`);
    const xml = readFileSync(join(folder, 'out.xml'), 'utf8');
    expect(exit).toBe(1);
    expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="palace check" tests="2" failures="1"/);
    expect(xml).toContain('-   "sum": 3\n');
    expect((await shell(world, `cd ${folder} && palace check . --junit no/such/out.xml`)).err).toContain('no/such/out.xml cannot be written (ENOENT).');
  });

  it('writes the results that came, and then passes', async () => {
    const folder = folderWith('update', { 'add.check.yaml': FAILING });
    const { exit, out } = await shell(world, `cd ${folder} && palace check . --update`);
    expect(exit).toBe(0);
    expect(out).toContain('add.check.yaml: 1 result written.\n');
    expect(readFileSync(join(folder, 'add.check.yaml'), 'utf8')).toBe(FAILING.replace('sum: 3', 'sum: 2'));
  });

  it('uses no server, no database and no setting of this machine', async () => {
    const folder = folderWith('alone', { 'add.check.yaml': PASSING });
    const { exit } = await shell(
      world,
      `cd ${folder} && PALACE_URL=http://127.0.0.1:1 PALACE_FLOW_EXPRESSION_FUEL=1000 PALACE_DATA=/nonexistent palace check .`,
    );
    expect(exit).toBe(0);
  });

  it('minds nothing beside a check file but flows', async () => {
    const folder = folderWith('beside', { 'add.check.yaml': PASSING, 'notes.yaml': 'just: notes\n', 'broken.json': '{' });
    writeFileSync(join(folder, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    mkdirSync(join(folder, 'folder.yaml'));
    const { exit, err } = await shell(world, `palace check ${folder}/add.check.yaml`);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
  });

  it('leaves check files alone where flows are meant', async () => {
    const folder = join(world.folder, 'flows');
    cpSync(folderWith('source', { 'add.check.yaml': `document: { not: a flow }\n${PASSING}` }), folder, { recursive: true });
    const { out, exit } = await shell(world, `palace validate ${folder} --json`);
    expect(exit).toBe(0);
    expect((JSON.parse(out) as { files: unknown[] }).files).toHaveLength(1);
  });
});
