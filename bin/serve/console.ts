// The console of this installation: where its sources and builds lie, and what a person is told of its stages.
import { join } from 'node:path';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { buildWeb, openWeb, type ConsoleState, type EnsuredBuild, type Places, type Web } from '@palace/web/service.ts';
import { ROOT } from '../run-tool.ts';

export interface ConsoleOptions {
  readonly log: Log;
  /** A folder that this process may write to, for a checkout that it may not write to. */
  readonly dataDir: string;
  /** The command's name as it was called. */
  readonly program: string;
  say(what: string): void;
}

const CONSOLE_DIR = join(ROOT, 'services/web');

/** A build serves every data folder of this checkout, so the checkout is the first place for it. */
function consoleCaches(dataDir: string): string[] {
  return [join(ROOT, '.cache/console'), join(dataDir, 'console')];
}

export const consolePlaces = (dataDir: string): Places => ({ dir: CONSOLE_DIR, caches: consoleCaches(dataDir) });

export function openConsole({ log, dataDir, program, say }: ConsoleOptions): Web {
  let waited = false;
  const changed = (state: ConsoleState): void => {
    const told = tell(state, waited);
    waited ||= state.stage === 'building' || state.stage === 'waiting';
    if (told !== undefined) say(told);
  };
  return openWeb({ ...consolePlaces(dataDir), log, command: `${program} start web --build-only`, changed });
}

export function buildConsole(dataDir: string, signal: AbortSignal, say: (what: string) => void): Promise<EnsuredBuild> {
  const note = (happening: string): void => (happening === 'elsewhere' ? say('another AgentsPalace builds the console; waiting for it') : undefined);
  return buildWeb(consolePlaces(dataDir), { signal, note });
}

/** Undefined where there is nothing to say: a console that was built before is just there. */
function tell({ stage, lines }: ConsoleState, waited: boolean): string | undefined {
  switch (stage) {
    case 'building':
      return 'building the console (once for each version, usually less than a minute); everything else works already';
    case 'waiting':
      return 'another AgentsPalace builds the console; waiting for it';
    case 'ready':
      return waited ? 'the console is ready' : undefined;
    case 'failed':
      return `there is no console, everything else works: ${why(lines)}. palace doctor says what to do`;
    default:
      return undefined;
  }
}

/** Of what the build said, the line that names the fault. */
function why(lines: readonly string[]): string {
  return lines.find((line) => /\berror\b/i.test(line) && !line.startsWith('>')) ?? lines.at(-1) ?? 'its build failed';
}
