// Secrets in a document: declared under use.secrets, named in expressions as $secrets.NAME, and only where nothing of it is kept.
// I1 `$secrets` stands in the arguments of acts alone: what is set, output, exported, decided or emitted goes into the journal.
// I2 Every secret is named in the document: what a flow can reach is known without running it.
import { secretUses } from '../secret-uses.ts';
import { MAX_SECRETS } from './limits.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { kindWord, shorten } from './shape.ts';
import { isText, writtenPathOf, type ListNode, type TextNode } from './tree.ts';

/** As the server takes them (palace secret set). */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/;

/** The names under use.secrets. */
export function declaredSecrets(report: Report, list: ListNode | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [i, item] of (list?.items ?? []).entries()) {
    if (i === MAX_SECRETS) report.error(item, `A flow uses at most ${MAX_SECRETS} secrets.`, 'Keep several values in one secret, as JSON.');
    if (!isText(item)) report.error(item, `The name of a secret must be text, not ${kindWord(item)}.`);
    else if (!NAME.test(item.value))
      report.error(item, `"${shorten(item.value)}" cannot name a secret.`, 'Begin with a letter; use letters, digits, "_", "-" and ".", at most 100.');
    else if (names.has(item.value)) report.error(item, `The secret "${item.value}" is declared twice.`, 'Leave one of them out.');
    else names.add(item.value);
  }
  return names;
}

/** An expression that names `$secrets`. `allowed`: it belongs to the arguments of an act. `place` gives the offset in the document of an offset in the source. */
export function checkSecretUses(
  report: Report,
  node: TextNode,
  source: string,
  allowed: boolean,
  declared: ReadonlySet<string>,
  place: (at: number) => number,
): void {
  for (const { path, at } of secretUses(source)) {
    const [name] = path;
    const say = (message: string, suggestion: string): void => report.errorAt(place(at), writtenPathOf(node), message, suggestion);
    if (!allowed)
      say(
        '$secrets can be used only in the arguments of a call: what stands here is kept in the history of the run.',
        'Use it under "with" of the step that sends it: in headers, body, endpoint or authentication.',
      );
    else if (name === undefined)
      say('A secret is named in the document: $secrets.NAME.', 'Names that are computed, and all secrets at once, are not available.');
    else if (!declared.has(name)) say(`The secret "${shorten(name)}" is not declared.`, declareAdvice(name, declared));
  }
}

export function declareAdvice(name: string, declared: ReadonlySet<string>): string {
  return didYouMean(name, [...declared]) ?? `Declare it: "use: {secrets: [${shorten(name)}]}".`;
}
