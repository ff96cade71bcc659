// Structured logs: pino writes, this file decides what a line holds. ECS names, JSON, one event one line (S44).
// I1 Every value passes redact() here, at the sink, and nowhere later.
// I2 A line holds no control, line-separating, or direction-changing character: they are written as \uXXXX.
// I3 runId, flow, version, traceId stand at the top level of every line of a run, beside their ECS names.
import { ecsFormat } from '@elastic/ecs-pino-format';
import { destination, pino, type Logger } from 'pino';
import type { Log, LogFields } from './port.ts';
import { redact, redactText, type RedactLimits } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly service: string;
  readonly level: LogLevel;
  readonly version?: string;
  /** Gets each finished line with its newline. Default: standard error. */
  readonly write?: (line: string) => void;
}

export interface LogSink {
  readonly log: Log;
  flush(): void;
}

const LIMITS: RedactLimits = { maxDepth: 6, maxEntries: 100, maxChars: 8_192 };
const MAX_CAUSES = 4;
const BUFFER_BYTES = 1_048_576;

/** Our field names and where ECS wants them; the first four stay at the top level too. */
const ECS_NAMES: Readonly<Record<string, string>> = {
  runId: 'palace.run_id',
  flow: 'palace.flow',
  version: 'palace.flow_version',
  traceId: 'trace.id',
  tenant: 'palace.tenant',
  shard: 'palace.shard',
};
const TOP_LEVEL: ReadonlySet<string> = new Set(['runId', 'flow', 'version', 'traceId']);

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const escapeChar = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** For a JSON text: these characters can stand only inside its strings, where the escape means the same. */
export const escapeLine = (line: string): string => line.replace(UNSAFE, escapeChar);

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function errorText(error: Error): string {
  const parts: string[] = [];
  let at: unknown = error;
  while (at instanceof Error && parts.length < MAX_CAUSES) {
    if (!parts.includes(at.message)) parts.push(at.message);
    at = at.cause;
  }
  return parts.join(': ');
}

function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { 'error.message': redactText(typeof error === 'string' ? error : (JSON.stringify(redact(error, LIMITS)) ?? '')) };
  const code = (error as { code?: unknown }).code;
  return {
    'error.type': error.name,
    'error.message': redact(errorText(error), LIMITS),
    ...(typeof code === 'string' || typeof code === 'number' ? { 'error.code': String(code) } : {}),
    ...(error.stack === undefined ? {} : { 'error.stack_trace': redact(error.stack, LIMITS) }),
  };
}

/** What a line holds beside time, level, and message. */
export function ecsFields(fields: LogFields): Record<string, unknown> {
  const safe = redact({ ...fields, error: undefined }, LIMITS) as Record<string, unknown>;
  const line: Record<string, unknown> = {};
  for (const name of Object.keys(safe)) {
    if (TOP_LEVEL.has(name)) line[name] = safe[name];
    line[ECS_NAMES[name] ?? (name.includes('.') ? name : `palace.${snake(name)}`)] = safe[name];
  }
  return fields.error === undefined ? line : { ...line, ...errorFields(fields.error) };
}

function logOn(logger: Logger, bound: LogFields): Log {
  let boundLine: Record<string, unknown> | undefined; // made once, not for every line
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void => {
      if (!logger.isLevelEnabled(level)) return;
      boundLine ??= ecsFields(bound);
      logger[level](fields === undefined ? boundLine : { ...boundLine, ...ecsFields(fields) }, redact(message, LIMITS) as string);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOn(logger, { ...bound, ...fields }),
  };
}

// Buffered and bounded: a reader that stopped reading must not stop the server, so lines beyond the buffer are dropped.
function standardError(): { write(line: string): void; flush(): void } {
  const sink = destination({ dest: 2, sync: false, maxLength: BUFFER_BYTES });
  return { write: (line) => void sink.write(line), flush: () => flushQuietly(() => sink.flushSync()) };
}

function flushQuietly(flush: () => void): void {
  try {
    flush();
  } catch {
    // nothing was written yet, or standard error is gone: there is nowhere to report it
  }
}

export function createLog(options: LogOptions): LogSink {
  const { write } = options;
  const sink = write === undefined ? standardError() : { write, flush: () => {} };
  const ecs = ecsFormat({
    serviceName: options.service,
    apmIntegration: false,
    ...(options.version === undefined ? {} : { serviceVersion: options.version }),
  });
  const stream = { write: (line: string) => sink.write(`${escapeLine(line.trimEnd())}\n`) };
  return { log: logOn(pino({ ...ecs, level: options.level }, stream), {}), flush: () => sink.flush() };
}
