// try / catch / retry: which errors are caught, when the body is tried again, and after how long.
import { canonicalErrorType } from '../faults.ts';
import type { Duration, ErrorMatch, RetryPolicy, Template } from '../program.ts';
import { present, type Compilation } from './compilation.ts';
import { durationOf, fixedDurationMs } from './durations.ts';
import { expressionOf, type Scope } from './expressions.ts';
import { RETRY } from './grammar.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_RETRY_DELAY_MS, MAX_ATTEMPTS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { checkShape, shorten } from './shape.ts';
import { templateOf } from './templates.ts';
import { entry, integerAt, isText, mapAt, textAt, type MapNode, type Node } from './tree.ts';

/** A retry written in place, or the name of one in `use.retries`. */
export function retryOf(c: Compilation, node: Node | undefined, scope: Scope): RetryPolicy | undefined {
  if (node?.kind === 'map') return policyOf(c, node, scope);
  if (!isText(node)) return undefined;
  const named = entry(c.use.retries, node.value);
  if (named === undefined) {
    const known = [...(c.use.retries?.entries.keys() ?? [])];
    c.report.error(
      node,
      `There is no retry policy "${shorten(node.value)}" in use.retries.`,
      didYouMean(node.value, known) ?? (known.length === 0 ? 'Write the policy here, or under use.retries.' : `Known: ${known.slice(0, 10).join(', ')}.`),
    );
  }
  return named?.kind === 'map' ? policyOf(c, named, scope) : undefined;
}

const BACKOFFS = ['constant', 'linear', 'exponential'] as const;

export function policyOf(c: Compilation, node: MapNode, scope: Scope): RetryPolicy {
  const limit = mapAt(node, 'limit');
  return present<RetryPolicy>({
    when: expressionOf(c.report, c.expressions, textAt(node, 'when'), scope),
    exceptWhen: expressionOf(c.report, c.expressions, textAt(node, 'exceptWhen'), scope),
    delay: durationOf(c, entry(node, 'delay'), scope) ?? { ms: DEFAULT_RETRY_DELAY_MS },
    backoff: backoffOf(c, mapAt(node, 'backoff')),
    jitter: jitterOf(c, mapAt(node, 'jitter'), scope),
    maxAttempts: attemptsOf(c, mapAt(limit, 'attempt')),
    maxAttemptMs: fixedDurationMs(c, entry(mapAt(limit, 'attempt'), 'duration'), scope),
    maxDurationMs: fixedDurationMs(c, entry(limit, 'duration'), scope),
  });
}

function backoffOf(c: Compilation, node: MapNode | undefined): RetryPolicy['backoff'] {
  if (node === undefined) return 'constant';
  const found = BACKOFFS.filter((one) => node.entries.has(one));
  if (found.length !== 1) c.report.errorAtKey(node, 'A backoff must be exactly one of constant, linear or exponential.', 'For example: exponential: {}.');
  const settings = mapAt(node, found[0] ?? '');
  for (const [key, child] of settings?.entries ?? [])
    c.report.errorAtKey(child, `Unknown key "${shorten(key)}" in a backoff.`, `Write "${found[0]}: {}"; delay, jitter and limit stand beside "backoff".`);
  return found[0] ?? 'constant';
}

function jitterOf(c: Compilation, node: MapNode | undefined, scope: Scope): { from: Duration; to: Duration } | undefined {
  const from = durationOf(c, entry(node, 'from'), scope);
  const to = durationOf(c, entry(node, 'to'), scope);
  if (node === undefined || from === undefined || to === undefined) return undefined;
  if ('ms' in from && 'ms' in to && from.ms > to.ms) c.report.errorAtKey(node, 'The jitter begins above its end.', 'Exchange "from" and "to".');
  return { from, to };
}

function attemptsOf(c: Compilation, node: MapNode | undefined): number {
  const count = integerAt(node, 'count');
  if (count === undefined) return DEFAULT_ATTEMPTS;
  if (count < 1 || count > MAX_ATTEMPTS) c.report.error(entry(node, 'count') ?? node!, `The number of attempts must be 1 to ${MAX_ATTEMPTS}.`);
  return count;
}

/** All policies of `use.retries`, also those that nobody names: their mistakes are found, their result is dropped. */
export function checkPolicies(c: Compilation, policies: MapNode | undefined, scope: Scope): void {
  for (const [name, node] of policies?.entries ?? []) {
    if (node.kind !== 'map') c.report.error(node, `The retry policy "${shorten(name)}" must be a map.`);
    else {
      checkShape(c.report, node, RETRY);
      policyOf(c, node, scope);
    }
  }
}

/** catch.errors.with: standard types are compared in their one official spelling. */
export function errorMatchOf(c: Compilation, node: MapNode | undefined, scope: Scope): ErrorMatch | undefined {
  if (node === undefined) return undefined;
  if (node.entries.size === 0) c.report.errorAtKey(node, 'An error filter needs at least one of type, status, instance, title, detail.');
  const part = (key: string): Template | undefined => {
    const child = entry(node, key);
    return child === undefined ? undefined : templateOf(c, child, scope);
  };
  return present<ErrorMatch>({
    type: canonicalType(part('type')),
    status: part('status'),
    instance: part('instance'),
    title: part('title'),
    detail: part('detail'),
  });
}

export function canonicalType(template: Template | undefined): Template | undefined {
  return template?.t === 'lit' && typeof template.v === 'string' ? { t: 'lit', v: canonicalErrorType(template.v) } : template;
}
