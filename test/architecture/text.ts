// What may not stand in a file of this project: names of drawers, types that were given up, marks of unfinished work,
// the environment outside the settings, traces of the machine it was written on. Pure over the files given.
import { isTest, type SourceFile, withoutComments } from './source.ts';

// Written in two halves, so that this file does not contain what it looks for.
const joined = (...halves: readonly string[]): string => halves.join('');

const DRAWER = /(^|\/)(shared|utils?|common|helpers?|misc|stuff|lib|managers?)(\/|\.tsx?$|-)|(^|\/)index\.tsx?$/;
const EMPTY_NAME = /\b(?:class|interface|type|function|const)\s+(\w*(?:Manager|Helper|Helpers|Util|Utils|Impl))\b/;
const BASE_CLASS = /\bclass\s+(Base\w+|\w+Base)\b/;
const MARKS = new RegExp(joined('\\b(TO', 'DO|FIX', 'ME|XX', 'X)\\b|not ', 'implemented'));
const SILENCED = new RegExp(joined('@ts-(ig', 'nore|expect-', 'error|no', 'check)|(es|ox)lint-dis', 'able'));
const GIVEN_UP = new RegExp(joined('\\bas an', 'y\\b|:\\s*an', 'y\\b(?=\\s*(?:[;)=\\]}|&]|$))|<an', 'y>|\\ban', 'y\\[\\]'));
const MOCKED = new RegExp(joined('\\b(vi|jest)\\.(mo', 'ck|doMo', 'ck)\\('));
const ENVIRONMENT = /\bprocess\.env\b/;
const ENUM = /^\s*(export\s+)?(declare\s+|const\s+)?enum\s/m;

export function textFaults(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const code = withoutComments(file.text);
    const faults = [
      [DRAWER.test(file.path), 'lies in a drawer; name the noun'],
      [!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.tsx?$/.test(file.path.slice(file.path.lastIndexOf('/') + 1)), 'is not named in kebab-case'],
      [EMPTY_NAME.test(code) || BASE_CLASS.test(code), `has a name that says nothing: ${(EMPTY_NAME.exec(code) ?? BASE_CLASS.exec(code))?.[1]}`],
      [MARKS.test(file.text), 'has a mark of unfinished work'],
      // Tests of types say so where the checker must refuse.
      [SILENCED.test(file.text) && !file.path.endsWith('.types.test.ts'), 'silences the type checker or the linter'],
      [GIVEN_UP.test(withoutTexts(code)), 'gives a type up'],
      [MOCKED.test(code), 'mocks a module'],
      [ENUM.test(code), 'has an enum'],
      [ENVIRONMENT.test(code) && !/^platform\/config(\.ts|\/)/.test(file.path) && !isTest(file.path), 'reads the environment; only platform/config.ts may'],
    ] as const;
    return faults.flatMap(([faulty, why]) => (faulty ? [`${file.path} ${why}`] : []));
  });
}

/** Texts may say what types may not. */
const withoutTexts = (code: string): string => code.replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''").replaceAll(/`(?:[^`\\]|\\.)*`/g, '``');

const CLOCK_OR_CHANCE = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.|\brandom(UUID|Bytes|Int)\b|\bset(Timeout|Interval|Immediate)\(/;

/** Core gets time, ids and chance as arguments. */
export function purityFaults(files: readonly SourceFile[]): string[] {
  const core = files.filter(({ path }) => (/\/core\//.test(path) || path.startsWith('jq/')) && !isTest(path));
  return core.flatMap(({ path, text }) => {
    const found = CLOCK_OR_CHANCE.exec(withoutComments(text))?.[0];
    return found === undefined ? [] : [`${path} uses ${found} in pure code`];
  });
}

/** Names of our own that stand in SQL: constants, and in these files what they have checked themselves. */
const OWN_SQL = /^(?:(?:platform\/(?:database|durable|bus)|bin\/doctor)\/|services\/gateway\/people\/auth-tables\.ts$)/;
const QUERY = /\.query(?:<[^()]*?>)?\(\s*`([^`]*)`/g;

/** S27: values reach SQL as parameters. Only constants may be written into its text. */
export function sqlFaults(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isTest(path) && !OWN_SQL.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(QUERY)].flatMap(([, sql = '']) =>
        [...sql.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, name = '']) => (/^[A-Z][A-Z_]*$/.test(name) ? [] : [`${path} writes ${name} into SQL`])),
      ),
    );
}

/** A file of some size opens by saying what it owns. */
export function headFaults(files: readonly SourceFile[], fromLines = 60): string[] {
  const silent = files.filter(({ text }) => lineCount(text) >= fromLines && !/^(#!.*\n)?('use client';\n+)?\/\/ \S/.test(text));
  return silent.map(({ path }) => `${path} does not open with what it owns`);
}

export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export const HARD_LIMIT_LINES = 450;
export const USUAL_LIMIT_LINES = 350;

export function fileSizeFaults(files: readonly SourceFile[]): string[] {
  const sizes = files.map(({ path, text }) => ({ path, lines: lineCount(text) }));
  const faults = sizes.filter(({ lines }) => lines > HARD_LIMIT_LINES).map(({ path, lines }) => `${path} has ${lines} lines; it asks for a second noun`);
  const long = sizes.filter(({ lines }) => lines > USUAL_LIMIT_LINES);
  if (long.length > sizes.length / 10) faults.push(`${long.length} of ${sizes.length} files are over ${USUAL_LIMIT_LINES} lines`);
  return faults;
}

// The project speaks of itself alone: no folders of a machine, no hosts of package registries, no word of who typed it.
const TRACES: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w./-])\/(work|root|home\/\w+|Users\/\w+)\/[\w.-]/, 'a folder of somebody’s machine'],
  [new RegExp(joined('registry\\.', 'npmjs|registry\\.', 'yarnpkg|artif', 'actory|nexus', '\\.|npm', 'mirror')), 'the host of a package registry'],
  [new RegExp(joined('\\b(Cla', 'ude|Chat', 'GPT|Co', 'pilot|Cod', 'ex)\\b|\\b(AI|coding) (assist', 'ant|help', 'er)\\b'), 'i'), 'a tool that writes code'],
  [/\b(issue|session|ticket) #?\d+\b/i, 'a number that means nothing here'],
];

export function traceFaults(texts: readonly { readonly path: string; readonly text: string }[]): string[] {
  return texts.flatMap(({ path, text }) =>
    TRACES.flatMap(([pattern, what]) => {
      const found = pattern.exec(text)?.[0];
      return found === undefined ? [] : [`${path} names ${what}: ${found}`];
    }),
  );
}
