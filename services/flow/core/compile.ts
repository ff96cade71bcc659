// Text of a flow -> Program: reads, checks and lowers one document. Pure; called when a flow is validated or published.
// I1 Never throws for any text: what is wrong comes back as messages with path, line, column and a way out.
// I2 The same text gives the same program, byte for byte; equal documents have the same canonical text.
// I3 What compiles is also a valid document of the official OWS 1.0.3 schema.
// I4 Nothing is fetched: texts of elsewhere (functions, scripts, schemas) come in as options, and those that are missing are named. A program with missing ones
//    can be looked at and tried with stand-ins for its calls; it is not stored.
import type { Json } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { canonicalText } from './language/canonical.ts';
import { present, reserve, type Compilation } from './language/compilation.ts';
import { checkUse, identityOf, palaceOf } from './language/document.ts';
import { Expansion, type Unfetched } from './language/expansion.ts';
import { createExpressions, ROOT_SCOPE } from './language/expressions.ts';
import { checkExtensions, readExtensions } from './language/extensions.ts';
import { checkFunctions } from './language/functions.ts';
import { ROOT } from './language/grammar.ts';
import { createReport } from './language/report.ts';
import { declaredSecrets } from './language/secrets.ts';
import { scheduleOf } from './language/schedule.ts';
import { checkShape, kindWord } from './language/shape.ts';
import { schemaOf } from './language/schemas.ts';
import { lowerLists, timeoutOf } from './language/steps.ts';
import { withoutSugar } from './language/sugar.ts';
import { expressionOrTemplate } from './language/templates.ts';
import { entry, listAt, mapAt, pathOf, type MapNode } from './language/tree.ts';
import { variablesOf } from './language/variable-names.ts';
import { yamlText } from './language/yaml-text.ts';
import { readYaml } from './language/yaml.ts';
import { PROGRAM_FORMAT, type PinnedText, type Program, type Step } from './program.ts';

export type Compiled =
  | {
      readonly ok: true;
      readonly program: Program;
      readonly document: Json;
      readonly canonical: string;
      /** The document in plain OWS, when the text was in shorthand: what is kept instead of it. */
      readonly rewritten?: string;
      readonly warnings: ErrorPlace[];
      readonly unfetched: readonly Unfetched[];
    }
  | { readonly ok: false; readonly errors: ErrorPlace[] };

export interface CompileOptions {
  /** The file's name; stands before the message of a text that is no document at all. */
  readonly sourceName?: string;
  /** Texts of elsewhere, by address. */
  readonly fetched?: readonly PinnedText[];
}

export function compileFlow(source: string, options: CompileOptions = {}): Compiled {
  const report = createReport(source);
  const written = readYaml(report);
  if (written !== undefined && written.kind !== 'map') {
    const where = options.sourceName === undefined ? 'A flow' : options.sourceName;
    report.error(written, `${where} must be a map that begins with "document:", not ${kindWord(written)}.`);
  }
  if (written?.kind !== 'map') return { ok: false, errors: report.errors() };
  const root = withoutSugar(report, written);
  checkShape(report, root, ROOT);
  const use = mapAt(root, 'use');
  const secrets = declaredSecrets(report, listAt(use, 'secrets'));
  const c: Compilation = {
    report,
    expressions: createExpressions(report, secrets),
    steps: [],
    pending: [],
    extensions: readExtensions(report, listAt(use, 'extensions')),
    extending: undefined,
    use: {
      errors: mapAt(use, 'errors'),
      retries: mapAt(use, 'retries'),
      timeouts: mapAt(use, 'timeouts'),
      authentications: mapAt(use, 'authentications'),
      functions: mapAt(use, 'functions'),
      catalogs: mapAt(use, 'catalogs'),
      secrets,
    },
    origin: { pointerOf: pathOf, placeOf: report.place, chain: [] },
    expansion: new Expansion(options.fetched ?? []),
  };
  const program = lowerProgram(c, root);
  if (program === undefined || report.failed()) return { ok: false, errors: report.errors() };
  const unfetched = [...c.expansion.unfetched.values()];
  const compiled = { ok: true, program, document: root.value, canonical: canonicalText(root.value), warnings: report.warnings(), unfetched } as const;
  if (root === written) return compiled;
  const rewritten = yamlText(root.value);
  if (rewritten !== undefined) return { ...compiled, rewritten };
  report.error(written, 'The document is too large or nested too deep once its shorthand is written out.', 'Split it into several flows.');
  return { ok: false, errors: report.errors() };
}

function lowerProgram(c: Compilation, root: MapNode): Program | undefined {
  const identity = identityOf(c, mapAt(root, 'document'));
  const palace = palaceOf(c, mapAt(root, 'document'));
  const input = mapAt(root, 'input');
  const output = mapAt(root, 'output');
  const parts = {
    input: present<Program['input']>({ schema: schemaOf(c, mapAt(input, 'schema')), from: expressionOrTemplate(c, entry(input, 'from'), ROOT_SCOPE) }),
    output: present<Program['output']>({ as: expressionOrTemplate(c, entry(output, 'as'), ROOT_SCOPE), schema: schemaOf(c, mapAt(output, 'schema')) }),
    timeout: timeoutOf(c, entry(root, 'timeout'), ROOT_SCOPE),
  };
  const schedule = scheduleOf(c, root, parts.input.schema);
  lowerRoot(c, root);
  checkUse(c);
  checkExtensions(c);
  checkFunctions(c);
  lowerLists(c);
  c.expansion.reportForeign();
  const steps = c.steps.filter((step): step is Step => step !== undefined);
  const variables = variablesOf(c.report, root, c.expressions.table.sources);
  if (c.report.failed()) return undefined;
  if (steps.length !== c.steps.length) throw new Error('A step was lost without a message.');
  return present<Program>({
    format: PROGRAM_FORMAT,
    ...identity,
    title: identity.title,
    steps,
    expressions: c.expressions.table.sources,
    ...parts,
    ...palace,
    schedule,
    variables,
    places: placesOf(c, root),
    fetched: c.expansion.used.size === 0 ? undefined : [...c.expansion.used.values()],
    document: root.value,
  });
}

const RUN_PARTS = [['input', 'schema'], ['input', 'from'], ['output', 'as'], ['output', 'schema'], ['timeout']] as const;

/** For faults that no step stands for. */
function placesOf(c: Compilation, root: MapNode): Program['places'] {
  const found = RUN_PARTS.flatMap(([first, second]) => {
    const node = second === undefined ? entry(root, first) : entry(entry(root, first), second);
    return node === undefined ? [] : [[pathOf(node), c.report.place(node.keyAt)] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** The root is a list like any other: number 0, pointer ''. */
function lowerRoot(c: Compilation, root: MapNode): void {
  const list = listAt(root, 'do');
  if (list === undefined) return;
  c.steps.push(undefined);
  const first = reserve(c, list, 0, ROOT_SCOPE, false);
  c.steps[0] = { kind: 'do', pc: 0, pointer: '', name: '', parent: -1, next: -1, ...c.report.place(list.keyAt), then: { kind: 'continue' }, first };
  lowerLists(c);
}
