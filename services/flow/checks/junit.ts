// The results as JUnit XML, in the form that build servers read: one testsuite a file, one testcase a case.
// I1 What XML 1.0 cannot carry is left out of texts: the document is well formed whatever a flow's data holds.
import type { FileResult } from './run-checks.ts';

// Everything outside of the Char production of XML 1.0.
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

const text = (value: string): string => value.replace(NOT_XML, '\ufffd').replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
const attribute = (value: string): string => value.replace(NOT_XML, '\ufffd').replace(/[&<>"'\n\r\t]/g, (sign) => ENTITIES[sign] ?? sign);
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** `describe`: a failed case as lines for people. */
export function junitXml(files: readonly FileResult[], describe: (file: FileResult, nth: number) => readonly string[]): string {
  const cases = files.flatMap((file) => file.cases);
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const tookMs = cases.reduce((sum, one) => sum + one.tookMs, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="palace check" tests="${cases.length}" failures="${failed}" errors="0" time="${seconds(tookMs)}">`,
    ...files.flatMap((file) => suite(file, describe)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(file: FileResult, describe: Parameters<typeof junitXml>[1]): string[] {
  const failed = file.cases.filter(({ failures }) => failures.length > 0).length;
  const tookMs = file.cases.reduce((sum, one) => sum + one.tookMs, 0);
  return [
    `  <testsuite name="${attribute(file.path)}" tests="${file.cases.length}" failures="${failed}" errors="0" skipped="0" time="${seconds(tookMs)}">`,
    ...file.cases.flatMap(({ one, failures, tookMs: ms }, nth) => {
      const open = `    <testcase name="${attribute(one.name)}" classname="${attribute(file.flow)}" file="${attribute(file.path)}" line="${one.spot.line}" time="${seconds(ms)}"`;
      const [first] = failures;
      if (first === undefined) return [`${open}/>`];
      return [
        `${open}>`,
        `      <failure type="check" message="${attribute(first.message)}">${text(describe(file, nth).join('\n'))}</failure>`,
        '    </testcase>',
      ];
    }),
    '  </testsuite>',
  ];
}
