// palace doctor: looks at this machine, the data folder, the database and the server, and says how to mend what is wrong.
// With --bundle it writes what it saw, and more, into a support archive without secrets and payloads.
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { writeBundle, type Written } from '../doctor/bundle.ts';
import { checkCredentials, checkDisk, checkFolder, checkKeys, checkNode, checkPort } from '../doctor/machine.ts';
import { checkCode } from '../doctor/code.ts';
import { checkConsole } from '../doctor/console.ts';
import { checkDatabase } from '../doctor/database.ts';
import { checkServer } from '../doctor/server.ts';
import type { Finding } from '../doctor/finding.ts';
import { dataFolder } from '../find-server.ts';
import { named } from '../report-failure.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, json, terminal } = call;
  const dir = dataFolder(args.text('data'));
  const server = await checkServer(call, dir);
  const findings: Finding[] = [
    checkNode(),
    checkFolder(dir),
    checkDisk(dir),
    checkCredentials(dir),
    checkKeys(dir),
    ...server.findings,
    await checkPort(dir, args.integer('port') ?? 8080),
    ...(await checkDatabase(dir)),
    ...(await checkCode()),
    await checkConsole(dir),
  ];
  const file = args.text('bundle');
  const parts = { dir, findings, metrics: server.metrics, logs: args.all('log') };
  const bundle = file === undefined ? undefined : await writeBundle(file, parts, Date.now());
  const bad = findings.some((one) => one.state === 'wrong');
  if (json) terminal.out(jsonText({ ok: !bad, data: dir, checks: findings, ...(bundle !== undefined && { bundle }) }));
  else print(call, findings, bundle);
  return bad ? 1 : 0;
}

function print({ terminal, program }: Call, findings: readonly Finding[], bundle: Written | undefined): void {
  const word = { good: style('green', 'good '), wrong: style('red', 'wrong'), idle: style('dim', 'idle ') };
  for (const one of findings) {
    terminal.out(`${word[one.state]}  ${one.check.padEnd(12)}  ${oneLine(one.says)}`);
    if (one.fix !== undefined) terminal.out(`       ${' '.repeat(12)}  Fix: ${oneLine(named(one.fix, program))}`);
  }
  if (bundle === undefined) return;
  const kilobytes = Math.ceil(bundle.bytes / 1_024);
  terminal.out(`Wrote ${bundle.file}: ${bundle.files} files, ${kilobytes} KB, without secrets and payloads. Look it through before you pass it on.`);
}
