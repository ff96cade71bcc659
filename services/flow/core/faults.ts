// The standard errors of OWS: their types, spellings and statuses. Used by the compiler (filters), decide (faults) and executors.
import type { RunFault } from './model.ts';
import { ERROR_BASE, type StandardError } from './program.ts';

const STANDARD: Readonly<Record<StandardError, { readonly status: number; readonly title: string }>> = {
  configuration: { status: 400, title: 'Configuration error' },
  validation: { status: 400, title: 'Validation error' },
  expression: { status: 400, title: 'Expression error' },
  authentication: { status: 401, title: 'Authentication error' },
  authorization: { status: 403, title: 'Authorization error' },
  timeout: { status: 408, title: 'Timeout' },
  communication: { status: 500, title: 'Communication error' },
  runtime: { status: 500, title: 'Runtime error' },
};

/** The specification changed its host and its conformance kit its path; all four spellings mean the same error. */
const HOSTS = ['open-workflow-specification.org', 'serverlessworkflow.io'];
const PATHS = ['/spec/1.0.0/errors/', '/dsl/errors/types/'];
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.keys(STANDARD).flatMap((kind) => HOSTS.flatMap((host) => PATHS.map((path) => [`https://${host}${path}${kind}`, `${ERROR_BASE}${kind}`] as const))),
);

/** The one spelling of a standard error type that we emit and compare; other types are returned as they are. */
export function canonicalErrorType(type: string): string {
  return ALIASES.get(type) ?? type;
}

export function standardFault(kind: StandardError, detail?: string, instance?: string): RunFault {
  const { status, title } = STANDARD[kind];
  return { type: `${ERROR_BASE}${kind}`, status, title, ...(detail === undefined ? {} : { detail }), ...(instance === undefined ? {} : { instance }) };
}
