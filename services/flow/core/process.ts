// What scripts and commands are given, and what their end means to the step. Pure; used by their executors.
// I1 A value that is text goes in as it is, any other as its JSON text. What comes out is text without NUL and lone surrogates (E6).
// I2 A code other than 0 is a fault, unless the step returns the code: then it is what was asked for.
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import { standardFault } from './faults.ts';
import type { RunFault } from './model.ts';

const RETURNS = ['stdout', 'stderr', 'code', 'all', 'none'] as const;
export type ProcessReturn = (typeof RETURNS)[number];

export interface ProcessInput {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface ProcessEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The part of a fault that tells of stderr. */
const MAX_SAID = 500;

export function processInput(args: Json): ProcessInput {
  const given: JsonObject = isObject(args) ? args : {};
  const { arguments: list, environment, stdin } = given;
  return {
    arguments: Array.isArray(list) ? list.map(textOf) : [],
    environment: Object.fromEntries(isObject(environment) ? Object.entries(environment).map(([name, value]) => [name, textOf(value)]) : []),
    stdin: stdin === undefined ? '' : textOf(stdin),
  };
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

export const returnOf = (args: Json): ProcessReturn => RETURNS.find((one) => isObject(args) && args['return'] === one) ?? 'stdout';

/** `what`: "The script". */
export function processResult(what: string, mode: ProcessReturn, end: ProcessEnd): { readonly result: Json } | { readonly fault: RunFault } {
  const stdout = cleanText(end.stdout);
  const stderr = cleanText(end.stderr);
  if (mode === 'code') return { result: end.code };
  if (mode === 'all') return { result: { code: end.code, stdout, stderr } };
  if (end.code !== 0) return { fault: standardFault('runtime', `${what} ended with code ${end.code}${said(stderr)}`) };
  return { result: mode === 'stdout' ? stdout : mode === 'stderr' ? stderr : null };
}

/** As people say it. */
export const inSeconds = (ms: number): string => `${Math.ceil(ms / 100) / 10} s`;

/** The end of stderr: there the reason stands. */
function said(stderr: string): string {
  const text = stderr.trim();
  if (text === '') return '.';
  return `: ${text.length <= MAX_SAID ? text : `...${text.slice(3 - MAX_SAID).toWellFormed()}`}`;
}

const cleanText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');
