// The parts of a flow around its steps: `document`, `use`, and our own settings in document.metadata.palace.
import type { Program } from '../program.ts';
import { checkAuthentications } from './authentication.ts';
import { present, type Compilation } from './compilation.ts';
import { durationOf, fixedDurationMs } from './durations.ts';
import { expressionOf, ROOT_SCOPE, scopeWith } from './expressions.ts';
import { PALACE_DOCUMENT, TIMEOUT_SHAPE } from './grammar.ts';
import { checkErrors } from './kinds.ts';
import { LONGEST_RETENTION_MS, MAX_CONCURRENCY, SHORTEST_RETENTION_MS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { checkPolicies } from './retries.ts';
import { checkShape, kindWord, shorten } from './shape.ts';
import { entry, integerAt, mapAt, textAt, type MapNode } from './tree.ts';

export const DSL_VERSIONS = ['1.0.0', '1.0.1', '1.0.2', '1.0.3'];
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/;
/** Semantic versioning in full, as the official schema has it: identifiers are not empty, numbers have no leading zero. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

export interface Identity {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

export function identityOf(c: Compilation, document: MapNode | undefined): Identity {
  const dsl = textAt(document, 'dsl');
  if (dsl !== undefined && !DSL_VERSIONS.includes(dsl.value))
    c.report.error(dsl, `The language version "${shorten(dsl.value)}" is not known.`, didYouMean(dsl.value, ['1.0.3']) ?? "Write dsl: '1.0.3'.");
  for (const key of ['namespace', 'name']) {
    const node = textAt(document, key);
    if (node !== undefined && !NAME.test(node.value)) c.report.error(node, `"${shorten(node.value)}" is not a ${key}.`, nameAdvice(node.value));
  }
  const version = textAt(document, 'version');
  if (version !== undefined && !(version.value.length <= 150 && VERSION.test(version.value) && SEMVER.test(version.value)))
    c.report.error(version, `"${shorten(version.value)}" is not a version.`, 'Write three numbers, like 1.0.0.');
  const title = textAt(document, 'title')?.value;
  const text = (key: string): string => textAt(document, key)?.value ?? '';
  return { namespace: text('namespace'), name: text('name'), version: text('version'), ...(title === undefined ? {} : { title }) };
}

function nameAdvice(text: string): string {
  const fixed = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return fixed === '' ? 'Use lower-case letters, digits and "-", at most 63.' : `Use lower-case letters, digits and "-": ${fixed}.`;
}

/** Reusable parts, checked also when nothing uses them. */
export function checkUse(c: Compilation): void {
  checkErrors(c, c.use.errors, ROOT_SCOPE);
  checkPolicies(c, c.use.retries, scopeWith(ROOT_SCOPE, ...catchNames(c)));
  checkAuthentications(c, scopeWith(ROOT_SCOPE, ...catchNames(c), ...loopNames(c)));
  for (const [name, node] of c.use.timeouts?.entries ?? []) {
    if (node.kind !== 'map') c.report.error(node, `The timeout "${shorten(name)}" must be a map, not ${kindWord(node)}.`, 'Write "after: PT30S".');
    else {
      checkShape(c.report, node, TIMEOUT_SHAPE);
      durationOf(c, entry(node, 'after'), ROOT_SCOPE);
    }
  }
}

/** A shared policy may use the error by any name that a catch gives it; each use is checked again in its own scope. */
function catchNames(c: Compilation): string[] {
  return ['error', ...c.steps.flatMap((step) => (step?.kind === 'try' ? [step.as] : []))];
}

const loopNames = (c: Compilation): string[] =>
  c.steps.flatMap((step) => {
    if (step?.kind === 'for') return [step.each, step.at];
    return step?.kind === 'listen' && step.foreach !== undefined ? [step.foreach.item, step.foreach.at] : [];
  });

type OfPalace = Pick<Program, 'concurrency' | 'upgrade' | 'lifecycle' | 'retention'>;

/**
 * document.metadata.palace: how runs of the flow live beside each other, how long with one version, what others hear of them, and how long
 * they are kept.
 */
export function palaceOf(c: Compilation, document: MapNode | undefined): OfPalace {
  const palace = entry(mapAt(document, 'metadata'), 'palace');
  if (palace === undefined) return {};
  if (palace.kind !== 'map') {
    c.report.error(palace, `metadata.palace must be a map, not ${kindWord(palace)}.`);
    return {};
  }
  checkShape(c.report, palace, PALACE_DOCUMENT);
  const upgrade = textAt(palace, 'upgrade')?.value;
  const lifecycle = textAt(palace, 'lifecycle')?.value;
  return present<OfPalace>({
    concurrency: concurrencyOf(c, mapAt(palace, 'concurrency')),
    upgrade: upgrade === 'compatible' ? upgrade : undefined,
    lifecycle: lifecycle === 'workflow' || lifecycle === 'task' ? lifecycle : undefined,
    retention: retentionOf(c, mapAt(palace, 'retention')),
  });
}

function retentionOf(c: Compilation, node: MapNode | undefined): Program['retention'] {
  if (node === undefined) return undefined;
  const time = (name: string): number | undefined => {
    const at = entry(node, name);
    const ms = fixedDurationMs(c, at, ROOT_SCOPE);
    if (at !== undefined && ms !== undefined && (ms < SHORTEST_RETENTION_MS || ms > LONGEST_RETENTION_MS))
      c.report.error(at, 'Ended runs are kept for a minute at least and ten years at most.', 'Write it like P30D.');
    return ms;
  };
  return present<NonNullable<Program['retention']>>({ completedMs: time('completed'), failedMs: time('failed') });
}

function concurrencyOf(c: Compilation, node: MapNode | undefined): Program['concurrency'] {
  const limit = integerAt(node, 'limit');
  const key = expressionOf(c.report, c.expressions, textAt(node, 'key'), ROOT_SCOPE);
  if (node === undefined || limit === undefined) return undefined;
  if (limit < 1 || limit > MAX_CONCURRENCY) c.report.error(entry(node, 'limit') ?? node, `The limit must be 1 to ${MAX_CONCURRENCY}.`);
  return { limit, ...(key === undefined ? {} : { key }) };
}
