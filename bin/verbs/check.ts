// palace check: tests flows by their check files: in this process, with a virtual clock, without a server, a database or a socket.
import { writeFileSync } from 'node:fs';
import { runChecks, type BrokenFile, type Checked, type CheckOptions, type FileResult } from '@palace/flow/checks/run-checks.ts';
import { junitXml } from '@palace/flow/checks/junit.ts';
import { updatedText } from '@palace/flow/checks/update.ts';
import { engineSettings } from '@palace/flow/engine/settings.ts';
import { loadConfig } from '@palace/platform/config.ts';
import type { Call } from '../call.ts';
import { readCheckFiles, type CheckSet } from '../check-files.ts';
import { printPlaces } from '../check-flows.ts';
import { caseJson, coverageLines, failureLines, fileLines, percentTaken, totalLine, unpainted } from '../check-report.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import { jsonText, oneLine, type Terminal } from '../terminal.ts';

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const filter = args.text('filter');
  const least = args.integer('coverage');
  if (least !== undefined && filter !== undefined) throw refused('--coverage counts all cases and cannot go with --filter.');
  if (least !== undefined && least > 100) throw refused(`--coverage takes a percentage, not ${least}.`);
  const options: CheckOptions = { settings: settings(), filter, clock: () => performance.now() };
  let set = readCheckFiles(args.positionals);
  let checked = runChecks(set.checks, set.flows, options);
  if (checked.broken.length > 0) return sayBroken(checked.broken, terminal, json);
  if (checked.files.length === 0) throw refused(`No case has "${filter ?? ''}" in its file or name.`, { next: 'Leave --filter out to see all of them.' });
  if (args.has('update')) {
    set = updated(set, checked, json ? undefined : terminal);
    checked = runChecks(set.checks, set.flows, options);
  }
  const junit = args.text('junit');
  if (junit !== undefined) writeReport(junit, junitXml(checked.files, describe));
  const coverage = filter === undefined ? checked.coverage : [];
  const isShort = least !== undefined && percentTaken(coverage) < least;
  const failed = checked.files.flatMap((file) => file.cases).filter(({ failures }) => failures.length > 0).length;
  if (json) terminal.out(jsonText({ ok: failed === 0 && !isShort, files: checked.files.map(fileJson), coverage }));
  else {
    for (const file of checked.files) for (const line of fileLines(file)) terminal.out(line);
    for (const line of coverageLines(coverage)) terminal.out(line);
    terminal.out(totalLine(checked.files, coverage));
    if (isShort) terminal.note(`palace: ${percentTaken(coverage).toFixed(1)} % of the branches are taken; --coverage asks for ${least} %.`);
  }
  return failed > 0 || isShort ? 1 : 0;
}

/** The limits of an installation that sets none: a case means the same on every machine. */
function settings(): CheckOptions['settings'] {
  const { decide, lookBackMs } = engineSettings(loadConfig({}, {}), {});
  return { limits: decide, lookBackMs };
}

/** A wrong check file is refused input; a flow that does not compile is what validate says of it. */
function sayBroken(broken: readonly BrokenFile[], terminal: Terminal, json: boolean): ExitCode {
  const exit: ExitCode = broken.every(({ isFlow }) => isFlow) ? 3 : 2;
  if (json) {
    terminal.out(jsonText({ ok: false, files: broken.map(({ path, errors }) => ({ file: path, ok: false, errors })), coverage: [] }));
    return exit;
  }
  const seen = new Set<string>();
  for (const { path, source, errors } of broken) {
    if (!seen.has(path)) printPlaces(terminal, { file: { path, source }, errors, warnings: [] });
    seen.add(path);
  }
  terminal.note(`palace: nothing was checked; ${seen.size === 1 ? 'one file is' : `${seen.size} files are`} wrong.`);
  return exit;
}

const describe = (file: FileResult, nth: number): string[] => {
  const result = file.cases[nth];
  return result === undefined ? [] : [`${file.path}:${result.one.spot.line}`, ...failureLines(result, unpainted)];
};

const fileJson = (file: FileResult): object => ({ file: file.path, flow: file.flow, cases: file.cases.map(caseJson) });

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure(1, `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { cause: error });
  }
}

/** Writes the results that came into the check files, and gives the set as it is then. */
function updated({ checks, flows }: CheckSet, { files }: Checked, terminal: Terminal | undefined): CheckSet {
  const written = checks.map((file) => {
    const { text, count } = updatedText(file.source, files.find(({ path }) => path === file.path)?.cases ?? []);
    if (count === 0) return file;
    writeReport(file.path, text);
    terminal?.out(`${oneLine(file.path)}: ${count} result${count === 1 ? '' : 's'} written.`);
    return { ...file, source: text };
  });
  return { checks: written, flows };
}
