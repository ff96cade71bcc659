// palace doctor: looks at this machine, the data folder and the server, and says how to mend what is wrong.
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { checkCredentials, checkDisk, checkFolder, checkNode, checkPort } from '../doctor/machine.ts';
import { checkCode } from '../doctor/code.ts';
import { checkDatabase } from '../doctor/database.ts';
import { checkServer } from '../doctor/server.ts';
import type { Finding } from '../doctor/finding.ts';
import { dataFolder } from '../find-server.ts';
import { named } from '../report-failure.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, program, json } = call;
  const dir = dataFolder(args.text('data'));
  const findings: Finding[] = [
    checkNode(),
    checkFolder(dir),
    checkDisk(dir),
    checkCredentials(dir),
    ...(await checkServer(call, dir)),
    await checkPort(dir, args.integer('port') ?? 8080),
    ...(await checkDatabase(dir)),
    ...(await checkCode()),
  ];
  const bad = findings.some((one) => one.state === 'wrong');
  if (json) {
    terminal.out(jsonText({ ok: !bad, data: dir, checks: findings }));
    return bad ? 1 : 0;
  }
  const word = { good: style('green', 'good '), wrong: style('red', 'wrong'), idle: style('dim', 'idle ') };
  for (const one of findings) {
    terminal.out(`${word[one.state]}  ${one.check.padEnd(12)}  ${oneLine(one.says)}`);
    if (one.fix !== undefined) terminal.out(`       ${' '.repeat(12)}  Fix: ${oneLine(named(one.fix, program))}`);
  }
  return bad ? 1 : 0;
}
