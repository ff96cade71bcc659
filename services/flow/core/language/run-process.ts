// run: {script, shell, container}. Each becomes a call of a function of that name, so that it is an effect like every other.
// I1 Code, commands and images are what the author wrote: they are never expressions, so that data that came in is never run.
//    Data goes in as arguments, environment and standard input.
// I2 The code stands in the program, not in the arguments: the journal gets what differs from one act to the next.
import { isFolder, isImage } from '../container.ts';
import type { EffectClass, StepCommon, StepOf, Template } from '../program.ts';
import type { Compilation, Site } from './compilation.ts';
import { fixedDurationMs } from './durations.ts';
import { resourceOf } from './elsewhere.ts';
import { withSecrets, type Scope } from './expressions.ts';
import { PALACE_RUN } from './grammar.ts';
import { DEFAULT_DEADLINE_MS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import { asWritten, kindWord, shorten } from './shape.ts';
import { settingsOf } from './step-settings.ts';
import { mapTemplate, objectTemplate, templateOf } from './templates.ts';
import { entry, isText, listAt, mapAt, textAt, type MapNode, type TextNode } from './tree.ts';

type Call = Omit<StepOf<'call'>, keyof StepCommon>;
type Parts = readonly (readonly [string, Template | undefined])[];

const LANGUAGES: Readonly<Record<string, 'js' | 'python'>> = { js: 'js', javascript: 'js', python: 'python' };

export function scriptOf(c: Compilation, site: Site, run: MapNode, script: MapNode): Call | undefined {
  const language = languageOf(c, textAt(script, 'language'));
  const code = codeOf(c, script);
  const palace = settingsOf(c, site.body, PALACE_RUN);
  const effect = entry(palace, 'effect');
  if (effect !== undefined) c.report.errorAtKey(effect, 'A script acts on nothing outside: it is always a "read".', 'Leave "effect" out.');
  if (code === undefined || language === undefined) return undefined;
  return processOf(c, site, run, script, { function: 'script', code, effect: 'read', palace, more: [['language', { t: 'lit', v: language }]] });
}

/** Written in the flow, or fetched when it is published. */
function codeOf(c: Compilation, script: MapNode): string | undefined {
  const code = textAt(script, 'code');
  const source = mapAt(script, 'source');
  if (script.entries.has('code') === script.entries.has('source')) {
    const message = code === undefined ? 'A script needs "code".' : 'A script has "code" or "source", not both of them.';
    c.report.errorAtKey(script, message, code === undefined ? 'Or "source": {endpoint: https://...}.' : undefined);
    return undefined;
  }
  if (code !== undefined && /^\s*\$\{[^]*\}\s*$/.test(code.value))
    c.report.error(code, 'Code is not an expression: data that came in is never run.', 'Write the code here and hand the value over in "arguments".');
  if (source === undefined) return code?.value;
  const found = resourceOf(c, source, 'script');
  // What is not fetched yet is never run: such a program is not stored.
  return found === undefined ? undefined : (c.expansion.pinned(found.wanted, found.named, c.report)?.source ?? '');
}

function languageOf(c: Compilation, node: TextNode | undefined): 'js' | 'python' | undefined {
  if (node === undefined) return undefined;
  const name = node.value.trim().toLowerCase();
  if (!Object.hasOwn(LANGUAGES, name)) {
    c.report.error(node, `Scripts are not written in "${shorten(node.value)}".`, didYouMean(name, Object.keys(LANGUAGES)) ?? 'Use js or python.');
    return undefined;
  }
  const language = LANGUAGES[name];
  if (language === 'python') c.report.warn(node, 'Python scripts are not available yet: the step fails when it is reached.', 'Write it in js.');
  return language;
}

/** An expression of this language, where the shell has none: it knows `${NAME}`. */
const EXPRESSION = /\$\{[^A-Za-z_0-9#!@*?$-]/;

export function shellOf(c: Compilation, site: Site, run: MapNode, shell: MapNode): Call | undefined {
  const command = textAt(shell, 'command');
  if (command === undefined) return undefined;
  checkCommand(c, command);
  return processOf(c, site, run, shell, { function: 'shell', code: command.value, ...chosen(c, site), more: [] });
}

function checkCommand(c: Compilation, command: TextNode): void {
  const instead = 'Hand the value over in "arguments" (as $1, $2, ...) or "environment".';
  if (command.value.trim() === '') c.report.error(command, 'This command is empty.');
  else if (new RegExp(`^\\s*${EXPRESSION.source}[^]*\\}\\s*$`).test(command.value))
    c.report.error(command, 'A command is not an expression: data that came in is never run.', instead);
  else if (EXPRESSION.test(command.value)) c.report.warn(command, 'The shell gets this text as it is, and knows no "${ ... }" of this kind.', instead);
}

export function containerOf(c: Compilation, site: Site, run: MapNode, container: MapNode): Call | undefined {
  const image = textAt(container, 'image');
  const command = textAt(container, 'command');
  const name = textAt(container, 'name');
  const pull = textAt(container, 'pullPolicy');
  if (command !== undefined) checkCommand(c, command);
  checkLifetime(c, mapAt(container, 'lifetime'));
  const volumes = volumesOf(c, mapAt(container, 'volumes'));
  if (image === undefined) return undefined;
  if (image.value.includes('${'))
    c.report.error(image, 'An image is not an expression: data that came in is never run.', 'Write its name; "switch" chooses between several.');
  else if (!isImage(image.value)) c.report.error(image, `"${shorten(image.value)}" is not an image.`, 'Write it like docker.io/library/alpine:3.22.');
  const more: Parts = [
    ['image', { t: 'lit', v: image.value }],
    ['name', name === undefined ? undefined : templateOf(c, name, site.scope)],
    ['volumes', volumes],
    ['pullPolicy', pull === undefined ? undefined : { t: 'lit', v: pull.value }],
  ];
  return processOf(c, site, run, container, { function: 'container', code: command?.value, ...chosen(c, site), more });
}

/** Folders of the host by folders of the container: who runs the server must be able to read which ones. */
function volumesOf(c: Compilation, volumes: MapNode | undefined): Template | undefined {
  if (volumes === undefined) return undefined;
  for (const [host, inside] of volumes.entries) {
    if (!isFolder(host)) c.report.errorAtKey(inside, `"${shorten(host)}" is no folder of the host.`, 'Write an absolute path, without "." and "..".');
    if (!isText(inside) || !isFolder(inside.value))
      c.report.error(inside, 'The folder of the container is not an absolute path.', 'Write it out, for example /data; it is not an expression.');
  }
  return { t: 'lit', v: volumes.value };
}

/** A command may do anything: unless its author knows better it is done at most once. */
function chosen(c: Compilation, site: Site): Pick<About, 'effect' | 'palace'> {
  const palace = settingsOf(c, site.body, PALACE_RUN);
  return { palace, effect: (textAt(palace, 'effect')?.value as EffectClass | undefined) ?? 'unique' };
}

/** A container belongs to its step: what stayed behind would have no owner. */
function checkLifetime(c: Compilation, lifetime: MapNode | undefined): void {
  const cleanup = textAt(lifetime, 'cleanup');
  if (cleanup === undefined || cleanup.value === 'always') {
    const after = entry(lifetime, 'after');
    if (after !== undefined) c.report.errorAtKey(after, '"after" belongs to the cleanup "eventually".', 'Leave it out.');
  } else if (cleanup.value === 'never' || cleanup.value === 'eventually')
    c.report.error(
      cleanup,
      'A container is removed when its step is over: what stayed behind would have no owner.',
      'Write "always", or leave "lifetime" out.',
    );
}

interface About {
  readonly function: 'script' | 'shell' | 'container';
  readonly code: string | undefined;
  readonly effect: EffectClass;
  readonly palace: MapNode | undefined;
  readonly more: Parts;
}

/** What all processes share. */
function processOf(c: Compilation, site: Site, run: MapNode, given: MapNode, about: About): Call {
  const stdin = textAt(given, 'stdin');
  const scope = withSecrets(site.scope);
  const parts: Parts = [
    ...about.more,
    ['arguments', argumentsOf(c, given, scope)],
    ['environment', environmentOf(c, mapAt(given, 'environment'), scope)],
    ['stdin', stdin === undefined ? undefined : templateOf(c, stdin, scope)],
    ['return', { t: 'lit', v: textAt(run, 'return')?.value ?? 'stdout' }],
  ];
  return {
    kind: 'call',
    function: about.function,
    with: objectTemplate(parts.filter((part): part is [string, Template] => part[1] !== undefined)),
    effect: about.effect,
    deadlineMs: fixedDurationMs(c, entry(about.palace, 'deadline'), site.scope) ?? DEFAULT_DEADLINE_MS,
    ...(about.code !== undefined && { code: about.code }),
  };
}

function argumentsOf(c: Compilation, given: MapNode, scope: Scope): Template | undefined {
  const list = listAt(given, 'arguments');
  for (const item of list?.items ?? [])
    if (!isText(item))
      c.report.error(
        item,
        `An argument must be text, not ${kindWord(item)}.`,
        item.kind === 'scalar' && item.value !== null ? `Quote it: '${asWritten(c.report, item)}'.` : 'An expression may yield it: ${ ... }.',
      );
  return list === undefined ? undefined : templateOf(c, list, scope);
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;

function environmentOf(c: Compilation, map: MapNode | undefined, scope: Scope): Template | undefined {
  if (map === undefined) return undefined;
  for (const [name, child] of map.entries)
    if (!VARIABLE_NAME.test(name)) c.report.errorAtKey(child, `"${shorten(name)}" cannot name a variable of the environment.`, 'Use letters, digits and _.');
  return mapTemplate(
    map,
    [...map.entries].map(([name, child]) => [name, templateOf(c, child, scope)] as const),
  );
}
