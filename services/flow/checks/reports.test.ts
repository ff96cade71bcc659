// What leaves for others: JUnit XML that is well formed whatever a flow's data holds, and stubs that can be pasted.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { flowOf } from '../core/virtual-shell.ts';
import { junitXml } from './junit.ts';
import { casesOf, checkTexts } from './testing.ts';

describe('JUnit XML', () => {
  const HOSTILE = 'a <b> & "c" \'d\' ]]> \u0001\u001b[31m \ufffe \u0085 \ud83d\ude00';
  const check = `cases:\n  - name: ${JSON.stringify(HOSTILE)}\n    expect: { result: ${JSON.stringify(HOSTILE)} }\n  - name: fine\n`;
  const { files } = checkTexts({ 'a&b.yaml': flowOf('\n  - a: { set: { n: 1 } }'), 'a&b.check.yaml': check });
  const xml = junitXml(files, (file, nth) => [file.path, ...(file.cases[nth]?.failures.map(({ message }) => `${message} ${HOSTILE}\ud800`) ?? [])]);

  test('is well formed', () => {
    expect(elementsOf(xml)).toEqual(['testsuites', 'testsuite', 'testcase', 'failure', '/failure', '/testcase', 'testcase/', '/testsuite', '/testsuites']);
  });

  test('counts, names the place, and holds the failure', () => {
    expect(xml).toContain('<testsuites name="palace check" tests="2" failures="1" errors="0" time="0.000">');
    expect(xml).toContain('<testsuite name="a&amp;b.check.yaml" tests="2" failures="1" errors="0" skipped="0" time="0.000">');
    expect(xml).toContain('<testcase name="fine" classname="test/flow" file="a&amp;b.check.yaml" line="4" time="0.000"/>');
    expect(xml).toContain('<failure type="check" message="The result differs.">');
  });
});

/** Names of the tags in order; throws on what XML 1.0 does not allow here. */
function elementsOf(xml: string): string[] {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml) || !xml.isWellFormed()) throw new Error('a character that XML cannot carry');
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const open: string[] = [];
  const names: string[] = [];
  const rest = body.replace(
    /<(\/?)([a-z]+)((?: [a-z]+="(?:[^"&<]|&(?:amp|lt|gt|quot|apos|#\d+);)*")*)(\/?)>/g,
    (_tag, closes: string, name: string, _attributes, alone: string) => {
      if (closes === '' && alone === '') open.push(name);
      else if (closes === '/' && open.pop() !== name) throw new Error(`</${name}> closes another element`);
      names.push(`${closes}${name}${alone}`);
      return '';
    },
  );
  const wrong = /<|>(?<=\]\]>)|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.exec(rest);
  if (wrong !== null || open.length > 0) throw new Error(`not well formed near ${rest.slice(wrong?.index ?? 0, (wrong?.index ?? 0) + 40)}`);
  return names;
}

describe('a stub to paste', () => {
  test('is valid YAML whatever the step is called and was asked', () => {
    const steps = `
  - 'a: b #':
      call: http
      with: { method: post, endpoint: 'https://a.example.com/', body: { text: "line\\n- x: y\\n# z", 'k: ': 1 } }`;
    const [one] = casesOf(steps, 'cases: [{ name: a }]');
    const [stub = []] = one?.stubs ?? [];
    expect(parse(stub.join('\n'))).toEqual({ 'a: b #': { result: {} } });
    expect(stub.filter((line) => line.startsWith('#')).join('\n')).toContain('#     text: |-\n#       line\n#       - x: y\n#       # z');
    expect(casesOf(steps, `stubs:\n${stub.map((line) => `  ${line}`).join('\n')}\ncases: [{ name: a }]`)[0]?.failures).toEqual([]);
  });

  test('of very large arguments is cut', () => {
    const [one] = casesOf(
      "\n  - ask: { call: http, with: { method: post, endpoint: 'https://a.example.com/', body: '${ [range(1000)] }' } }",
      'cases: [{ name: a }]',
    );
    expect(one?.stubs[0]?.length).toBeLessThan(50);
    expect(one?.stubs[0]?.some((line) => /more lines/.test(line))).toBe(true);
  });
});
