// The shorthand of files that say `kind: palace/v1`: retry, onError, onTimeout, onSuccess and fallback on a step, written out as plain OWS.
// I1 Tree to tree, before anything is checked: the rest of the compiler, what is stored and what runs know only OWS.
// I2 A step is wrapped as it stands. Only `if` and `then` go to the outside, so that what the step does is all inside.
// I3 What has no one meaning is refused, in the words of the author's file; nothing is dropped in silence.
// Called by compile.ts. What each word means: docs/flow-language.md; why: docs/decisions/0024.
import { ERROR_BASE } from '../program.ts';
import { kept, listOf, mapOf, valueOf, type Plan } from './moved-tree.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { kindWord } from './shape.ts';
import { entry, isText, type MapNode, type Node, type TextNode } from './tree.ts';

export const SUGAR_KIND = 'palace/v1';
export const SUGAR_WORDS = ['retry', 'onError', 'onTimeout', 'onSuccess', 'fallback'] as const;
type Word = (typeof SUGAR_WORDS)[number];
type Part = readonly [key: string, part: Plan];

/** The document in plain OWS; the same tree when it does not ask for the shorthand. */
export function withoutSugar(report: Report, root: MapNode): MapNode {
  const kind = entry(root, 'kind');
  if (kind === undefined) return root;
  if (kind.value !== SUGAR_KIND) {
    report.error(kind, `"kind" must be "${SUGAR_KIND}".`, didYouMean(String(kind.value), [SUGAR_KIND]) ?? 'Leave it out in a file of plain OWS.');
  }
  const parts = [...root.entries].filter(([key]) => key !== 'kind').map(([key, child]): Part => [key, topPart(report, key, child)]);
  return mapOf(root, parts)(undefined, '') as MapNode;
}

function topPart(report: Report, key: string, node: Node): Plan {
  if (key === 'do') return stepList(report, node);
  return key === 'use' ? usePart(report, node) : kept(node);
}

/** Reusable parts hold steps too: around those that an extension extends, and behind the name of a function. */
function usePart(report: Report, node: Node): Plan {
  if (node.kind !== 'map') return kept(node);
  const extension = (one: Node): Plan =>
    mapped(one, (body) => mapped(body, (list, key) => (key === 'before' || key === 'after' ? stepList(report, list) : kept(list))));
  return mapped(node, (child, key) => {
    if (key === 'extensions' && child.kind === 'list') return listOf(child, child.items.map(extension));
    return key === 'functions' ? mapped(child, (body, name) => step(report, name, body)) : kept(child);
  });
}

function mapped(node: Node, each: (child: Node, key: string) => Plan): Plan {
  if (node.kind !== 'map') return kept(node);
  return mapOf(
    node,
    [...node.entries].map(([key, child]) => [key, each(child, key)]),
  );
}

function stepList(report: Report, node: Node): Plan {
  if (node.kind !== 'list') return kept(node);
  return listOf(
    node,
    node.items.map((item) => (item.kind === 'map' && item.entries.size === 1 ? mapped(item, (body, name) => step(report, name, body)) : kept(item))),
  );
}

function step(report: Report, name: string, body: Node): Plan {
  if (body.kind !== 'map') return kept(body);
  const words = sugarOf(report, body);
  const isOurs = (key: string): boolean => (SUGAR_WORDS as readonly string[]).includes(key);
  const own = [...body.entries].filter(([key]) => !isOurs(key));
  const parts = own.map(([key, child]): Part => [key, bodyPart(report, key, child)]);
  if (Object.keys(words).length === 0) return mapOf(body, parts);
  const isOutside = ([key]: Part): boolean => key === 'if' || key === 'then';
  return wrapped({ report, name, body, words, inner: parts.filter((part) => !isOutside(part)), outside: parts.filter(isOutside) });
}

/** Where the steps inside of a step stand. */
function bodyPart(report: Report, key: string, node: Node): Plan {
  if (key === 'do' || key === 'try') return stepList(report, node);
  const inside = key === 'fork' ? 'branches' : key === 'catch' || key === 'foreach' ? 'do' : undefined;
  return inside === undefined ? kept(node) : mapped(node, (child, name) => (name === inside ? stepList(report, child) : kept(child)));
}

type Words = { readonly [W in Word]?: Node };

interface Wrapping {
  readonly report: Report;
  readonly name: string;
  readonly body: MapNode;
  readonly words: Words;
  /** The step without its shorthand, `if` and `then`. */
  readonly inner: readonly Part[];
  readonly outside: readonly Part[];
}

/** Those that can be used; the others have got their message. */
function sugarOf(report: Report, body: MapNode): Words {
  const found = SUGAR_WORDS.flatMap((word) => {
    const node = entry(body, word);
    return node !== undefined && isWellFormed(report, word, node) && fitsStep(report, word, node, body) ? [[word, node] as const] : [];
  });
  const words: Words = Object.fromEntries(found);
  return combines(report, body, words) ? words : {};
}

function isWellFormed(report: Report, word: Word, node: Node): boolean {
  const given = isText(node) ? 'text' : node.kind;
  if (word === 'fallback') return true;
  if (word === 'retry') {
    if (given === 'text' || given === 'map' || Number.isInteger(node.value)) return true;
    report.error(node, `"retry" must be the name of a policy, a policy, or a number of attempts, not ${kindWord(node)}.`, 'For example: retry: 3.');
    return false;
  }
  if (given === 'text' || given === 'list') return true;
  report.error(node, `"${word}" must be a list of steps, or the name of the step to go on with, not ${kindWord(node)}.`);
  return false;
}

/** Jumps out of the step would not find their aim from inside of a wrapper. */
function fitsStep(report: Report, word: Word, node: Node, body: MapNode): boolean {
  const jumps = body.entries.has('switch')
    ? 'a switch step: its cases'
    : entry(entry(body, 'catch'), 'then') === undefined
      ? undefined
      : 'this try step: its "catch"';
  if (jumps === undefined) return true;
  report.errorAtKey(
    node,
    `"${word}" cannot stand on ${jumps} can jump to other steps of the list.`,
    'Put the step into a do step, and the shorthand on that one.',
  );
  return false;
}

function combines(report: Report, body: MapNode, words: Words): boolean {
  const { onError, onTimeout, onSuccess, fallback } = words;
  const no = (node: Node, message: string, suggestion: string): false => {
    report.errorAtKey(node, message, suggestion);
    return false;
  };
  if (onTimeout !== undefined && !body.entries.has('timeout'))
    return no(onTimeout, '"onTimeout" needs a "timeout" of the same step.', 'For example: timeout: {after: PT30S}.');
  if (onError !== undefined && fallback !== undefined)
    return no(fallback, '"fallback" and "onError" say two things of the same error.', 'Make the value the last step of "onError": - otherwise: {set: ...}.');
  if (isText(onSuccess) && body.entries.has('then'))
    return no(onSuccess, '"onSuccess" and "then" both say where the step goes on.', 'Keep "then" for both ends of the step, or "onSuccess" for the good one.');
  const both = onTimeout !== undefined && (onError !== undefined || fallback !== undefined);
  const jump = [onError, onTimeout].find(isText);
  if (both && jump !== undefined)
    return no(
      jump,
      '"onTimeout" beside "onError" or "fallback" needs both as lists of steps.',
      'Name the step to go on with in "then", or write the steps here.',
    );
  if (jump !== undefined && onSuccess?.kind === 'list')
    return no(
      jump,
      `"${jump.key}" cannot jump while "onSuccess" has steps of its own.`,
      'Let one of the two be a list of steps, and the other a "then" on the next step.',
    );
  return true;
}

/** From the inside: what tries again, what handles the error, what comes after success, what stands outside. */
function wrapped(given: Wrapping): Plan {
  const { body, words, name, outside } = given;
  const { onSuccess } = words;
  const handled = handling(given);
  if (onSuccess?.kind !== 'list') return mapOf(body, withWayOn(given, handled));
  const after = name === 'onSuccess' ? 'success' : 'onSuccess';
  const steps = listOf(onSuccess, [
    named(body, name, mapOf(body, handled)),
    named(onSuccess, after, mapOf(onSuccess, [['do', stepList(given.report, onSuccess)]])),
  ]);
  return mapOf(body, [...outside.filter(([key]) => key === 'if'), ['do', steps], ...outside.filter(([key]) => key === 'then')]);
}

/** `onSuccess: NAME` is the way on; an error that was handled goes on as it would without it. */
function withWayOn({ words, outside }: Wrapping, handled: readonly Part[]): Part[] {
  const before = outside.filter(([key]) => key === 'if');
  const then: Part[] = isText(words.onSuccess) ? [['then', kept(words.onSuccess)]] : outside.filter(([key]) => key === 'then');
  return [...before, ...handled, ...then];
}

/** A number of attempts, the first included, is a policy with a growing delay. */
function policy(node: Node): Plan {
  if (typeof node.value !== 'number') return kept(node);
  const count = valueOf(node, node.value);
  return mapOf(node, [
    ['delay', valueOf(node, 'PT1S')],
    ['backoff', mapOf(node, [['exponential', mapOf(node, [])]])],
    ['limit', mapOf(node, [['attempt', mapOf(node, [['count', count]])]])],
  ]);
}

const named = (from: Node, name: string, body: Plan): Plan => mapOf(from, [[name, body]]);

/** The parts of a try step around the step; those of the step itself when nothing is to be caught. */
function handling({ report, body, name, words, inner }: Wrapping): readonly Part[] {
  const { onError, onTimeout, fallback } = words;
  const step = mapOf(body, inner);
  const retry = words.retry === undefined ? undefined : policy(words.retry);
  const steps = handlerSteps(report, words);
  const jump = [onError, onTimeout].find(isText);
  const then = wayOfError(words, jump);
  const around = (step: Plan, parts: readonly Part[]): Part[] => [
    ['try', listOf(body, [named(body, name, step)])],
    ['catch', mapOf(body, parts)],
  ];
  if (steps === undefined && jump === undefined) return retry === undefined ? inner : around(step, [['retry', retry]]);
  const onlyTimeouts = onTimeout !== undefined && onError === undefined && fallback === undefined;
  const filter: Part[] = onlyTimeouts ? [['errors', mapOf(onTimeout, [['with', mapOf(onTimeout, [['type', valueOf(onTimeout, TIMEOUT)]])]])]] : [];
  const handler: Part[] = [...filter, ...(steps === undefined ? [] : [['do', steps] as const]), ...(then === undefined ? [] : [['then', then] as const])];
  if (retry === undefined) return around(step, handler);
  // A catch that only retries passes on what its policy did not settle, whatever kind of error that is, to the catch around it.
  if (onlyTimeouts || steps === undefined) return around(mapOf(body, around(step, [['retry', retry]])), handler);
  return around(step, [['retry', retry], ...handler]);
}

function wayOfError({ onSuccess }: Words, jump: TextNode | undefined): Plan | undefined {
  if (jump !== undefined) return kept(jump);
  if (onSuccess === undefined) return undefined;
  // The steps of onSuccess stand behind the step in a list of their own: an error leaves it.
  return valueOf(onSuccess, onSuccess.kind === 'list' ? 'exit' : 'continue');
}

const TIMEOUT = `${ERROR_BASE}timeout`;

/** `catch.do`: undefined when there is none. */
function handlerSteps(report: Report, { onError, onTimeout, fallback }: Words): Plan | undefined {
  const others = fallback === undefined ? onError : fallback;
  const otherSteps = fallback === undefined ? listPlan(report, onError) : listOf(fallback, [named(fallback, 'fallback', setting(report, fallback))]);
  const timeoutSteps = listPlan(report, onTimeout);
  if (onTimeout === undefined || others === undefined || timeoutSteps === undefined || otherSteps === undefined) return timeoutSteps ?? otherSteps;
  const isTimeout = mapOf(onTimeout, [
    ['when', valueOf(onTimeout, `$error.type == "${TIMEOUT}"`)],
    ['then', valueOf(onTimeout, 'onTimeout')],
  ]);
  const otherwise = mapOf(others, [['then', valueOf(others, 'onError')]]);
  return listOf(onTimeout, [
    named(onTimeout, 'which', mapOf(onTimeout, [['switch', listOf(onTimeout, [named(onTimeout, 'timeout', isTimeout), named(others, 'other', otherwise)])]])),
    named(
      onTimeout,
      'onTimeout',
      mapOf(onTimeout, [
        ['do', timeoutSteps],
        ['then', valueOf(onTimeout, 'exit')],
      ]),
    ),
    named(others, 'onError', mapOf(others, [['do', otherSteps]])),
  ]);
}

const listPlan = (report: Report, node: Node | undefined): Plan | undefined => (node?.kind === 'list' ? stepList(report, node) : undefined);

/** `set` takes a map or an expression: every other value becomes the expression that is it. */
function setting(report: Report, node: Node): Plan {
  const isExpression = isText(node) && node.value.includes('${');
  if (isExpression || (node.kind === 'map' && node.entries.size > 0)) return mapOf(node, [['set', kept(node)]]);
  const json = JSON.stringify(node.value);
  if (node.kind === 'list' && json.includes('${')) {
    report.error(node, 'A "fallback" that is a list cannot hold expressions.', 'Write all of it as one expression: ${ [ ... ] }.');
    return mapOf(node, [['set', valueOf(node, '${ [] }')]]);
  }
  return mapOf(node, [['set', valueOf(node, `\${ ${json} }`)]]);
}

/** What a step says in shorthand without asking for it. */
export const needsKind = (word: string): string => `The shorthand "${word}" needs "kind: ${SUGAR_KIND}" at the top of the file.`;
