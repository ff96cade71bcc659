// palace apply: publishes files as one. They are compiled here first, for the place in the text; the server then decides over all of them.
import { Api, type ApplyTerms } from '../api.ts';
import { printApply } from '../apply-report.ts';
import type { Call } from '../call.ts';
import { checkFlow, printPlaces } from '../check-flows.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readFlowFiles, type FlowFile } from '../flow-files.ts';
import { sourceCommit } from '../source-commit.ts';

const MOST_ITEMS = 500;

export async function execute(call: Call): Promise<ExitCode> {
  const { args } = call;
  const set = args.text('set');
  if (args.has('prune') && set === undefined)
    throw refused('--prune removes what is not among the files; it needs --set NAME.', { next: 'palace apply --help' });
  if (args.has('drain') && !args.has('prune')) throw refused('--drain goes with --prune.', { next: 'palace apply --help' });
  const files = compiledFiles(call);
  const api = new Api(new Client(findServer(call)));
  const dryRun = args.has('dry-run');
  const terms = termsOf(call, files);
  const commit = args.text('source') ?? sourceCommit(args.positionals);
  const result = dryRun ? await api.planApply(terms) : await api.apply({ ...terms, ...(commit !== undefined && { commit }) });
  printApply(call, result, dryRun ? 'planned' : 'done');
  // An apply of these files would be refused.
  if (result.items.some(({ action }) => action === 'refused')) return 2;
  return args.has('diff-exit-code') && result.changed ? 1 : 0;
}

export function termsOf({ args }: Call, files: readonly FlowFile[]): ApplyTerms {
  const set = args.text('set');
  const environment = args.text('env');
  return {
    items: files.map(({ source, path }) => ({ source, sourceName: path.slice(-300) })),
    ...(set !== undefined && { set }),
    ...(environment !== undefined && { environment }),
    prune: args.has('prune'),
    drain: args.has('drain'),
    adopt: args.has('adopt'),
  };
}

/** Throws when one does not compile: nothing is sent then. */
export function compiledFiles({ args, terminal, json }: Call): FlowFile[] {
  const files = readFlowFiles(args.positionals);
  if (files.length > MOST_ITEMS)
    throw refused(`These are ${files.length} documents; at most ${MOST_ITEMS} are applied as one.`, { next: 'Apply them folder by folder.' });
  const checked = files.map(checkFlow);
  const wrong = checked.filter((one) => one.errors.length > 0);
  if (wrong.length === 0) return files;
  if (!json) for (const one of checked) printPlaces(terminal, one);
  const names = wrong.map((one) => one.file.path).join(', ');
  throw new CommandFailure(3, `${names} ${wrong.length === 1 ? 'does' : 'do'} not compile; nothing was published.`, {
    code: 'flow.invalid',
    ...(json ? { places: wrong.flatMap((one) => one.errors.map((place) => ({ ...place, file: one.file.path }))) } : {}),
  });
}
