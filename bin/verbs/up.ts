// palace up: every service in this process over embedded PostgreSQL, for one person on one machine.
// I1 Ready is said once, when a request with the key in the file would be answered.
// I2 What was opened is closed in reverse: the door first, PostgreSQL last, also when the start fails or is interrupted.
import { join } from 'node:path';
import { lockHolder } from '@palace/platform/database/data-lock.ts';
import { loadConfig, type Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { announceReady } from '../announce-ready.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { dataFolder } from '../find-server.ts';
import { refuseBusyPort, refuseUnsafeListen } from '../serve/listen.ts';
import { onStop } from '../serve/stopping.ts';
import { style } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const stopping = onStop();
  const { terminal } = call;
  const dir = dataFolder(call.args.text('data'));
  const config = configFor(call, dir);
  refuseUnsafeListen(config);
  refuseSecond(dir);
  await refuseBusyPort(config.http.host, config.http.port);
  const { openHouse } = await import('../serve/house.ts');
  const house = await openHouse({
    config,
    dir,
    samples: !call.args.has('no-samples'),
    stopping: stopping.signal,
    logFile: process.stderr.isTTY === true ? join(dir, 'palace.log') : undefined,
    gone: (error) => {
      terminal.note(`palace: ${error.message} Stopping.`);
      process.kill(process.pid, 'SIGTERM');
    },
    say: (what) => terminal.note(style('dim', `palace: ${what}`)),
  });
  if (house === undefined) return 0;
  await announceReady(call, house);
  const signal = await stopping.asked;
  terminal.note(`palace: ${signal}, stopping; running steps finish first. A second signal stops at once.`);
  await house.close();
  return 0;
}

function configFor({ args }: Call, dir: string): Config {
  const host = args.text('listen');
  const port = args.integer('port');
  return loadConfig({ installation: { dataDir: dir }, http: { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) } });
}

/** Said before anything is opened; the lock itself is taken by the database's supervisor. */
function refuseSecond(dir: string): void {
  const holder = lockHolder(dir);
  if (holder !== undefined) throw new PalaceError('boot.data-locked', { detail: `process ${holder.pid} uses ${dir}` });
}
