// Loaded first into the process that builds, and by the workers that it starts. Runs that somebody waits for go before it;
// and when the process that asked for the build is gone, it goes too.
import { constants, setPriority } from 'node:os';

try {
  setPriority(constants.priority.PRIORITY_LOW);
} catch {
  // An account that may not: it builds as others run.
}
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// What asked for the build does not keep it alive. A worker lives by what it is asked.
if (process.argv[1]?.endsWith('next') === true) process.channel?.unref();
