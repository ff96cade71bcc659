// Regular expressions in linear time, by re2js. Syntax of RE2 with three additions of jq's own engine: `(?<name>...)`,
// `\h` for a hexadecimal digit, and the flag `x`. Look-around and back-references are refused: they are what makes other
// engines take exponential time. Offsets and lengths count code points.
//   I1  text and expression are bounded by limits.regexInput; every character the engine looks at is charged, so that
//       "linear time" is paid for, also when a global search scans to the end of the text again and again.
import { RE2JS, RE2JSException } from 're2js';
import { codepointLength, isPlane0, type Json, type JsonObject, put } from './json.ts';
import { exceed, raise } from './errors.ts';
import type { Run } from './machine.ts';
import { describe } from './operators.ts';

export interface Group {
  readonly offset: number;
  readonly length: number;
  readonly string: string | null;
  readonly name: string | null;
}

export interface Match {
  readonly offset: number;
  readonly length: number;
  readonly string: string;
  readonly captures: readonly Group[];
}

interface Flags {
  readonly global: boolean;
  readonly notEmpty: boolean;
  readonly extended: boolean;
  readonly bits: number;
}

function parseFlags(flags: Json): Flags {
  if (flags !== null && typeof flags !== 'string') return raise(`${describe(flags)} is not a string`);
  const given = flags ?? '';
  for (const flag of given) if (!'gimnpslx'.includes(flag)) return raise(`${given} is not a valid modifier string`);
  let bits = 0;
  if (given.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (given.includes('p')) bits |= RE2JS.DOTALL;
  if (given.includes('l')) bits |= RE2JS.LONGEST_MATCH;
  return { global: given.includes('g'), notEmpty: given.includes('n'), extended: given.includes('x'), bits };
}

/** Rewrites what RE2 spells differently; character classes and escapes are kept as they are. */
function translate(pattern: string, extended: boolean): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string;
    if (char === '\\') {
      out += escape(pattern[++i] ?? '', inClass);
    } else if (inClass) {
      if (char === ']') inClass = false;
      out += char;
    } else if (char === '[') {
      inClass = true;
      out += char;
      if (pattern[i + 1] === '^') out += pattern[++i] as string;
      if (pattern[i + 1] === ']') {
        out += '\\]';
        i++;
      }
    } else if (extended && /\s/.test(char)) continue;
    else if (extended && char === '#') {
      while (i + 1 < pattern.length && pattern[i + 1] !== '\n') i++;
    } else out += char;
  }
  return out;
}

function escape(char: string, inClass: boolean): string {
  if (char === 'h') return inClass ? '0-9a-fA-F' : '[0-9a-fA-F]';
  if (char === 'H' && !inClass) return '[^0-9a-fA-F]';
  if (char === 'Z' && !inClass) return '(?:\\n?\\z)';
  return `\\${char}`;
}

const CACHE_SIZE = 64;
/** Compiled expressions, the most recently used last. Forgetting one costs time, never a different answer. */
const cache = new Map<string, RE2JS>();

function compiled(run: Run, pattern: string, flags: Flags): RE2JS {
  if (pattern.length > run.limits.regexInput) exceed(`a regular expression would pass ${run.limits.regexInput} characters`);
  run.spend(1 + (pattern.length >> 3));
  const key = `${flags.bits}${flags.extended ? 'x' : ' '}${pattern}`;
  let regex = cache.get(key);
  if (regex === undefined) {
    try {
      regex = RE2JS.compile(translate(pattern, flags.extended), flags.bits);
    } catch (fault) {
      if (fault instanceof RE2JSException) return raise(`${pattern} (at offset 0) is not a valid regex: ${fault.message}`);
      throw fault;
    }
  } else cache.delete(key);
  cache.set(key, regex);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  return regex;
}

/** Calls `use` for each match until it returns true. */
export function eachMatchOf(run: Run, input: Json, pattern: Json, flagText: Json, use: (match: Match) => boolean): void {
  if (typeof input !== 'string') return raise(`${describe(input)} cannot be matched, as it is not a string`);
  if (typeof pattern !== 'string') return raise(`${describe(pattern)} cannot be matched, as it is not a string`);
  if (input.length > run.limits.regexInput) exceed(`the text for a regular expression passes ${run.limits.regexInput} characters`);
  const flags = parseFlags(flagText);
  const regex = compiled(run, pattern, flags);
  const names = groupNames(regex);
  const matcher = regex.matcher(new CountedText(input, run, 1 + (regex.programSize() >> 4)) as unknown as string);
  const position = counter(input);
  for (let start = 0; start <= input.length;) {
    run.spend(4);
    if (!matcher.find(start)) return;
    const from = matcher.start();
    const to = matcher.end();
    if (!flags.notEmpty || to > from) {
      if (use(read(matcher, input, names, position))) return;
      if (!flags.global) return;
    }
    start = to > from ? to : from + widthAt(input, from);
  }
}

/** A text that charges for each look at it. The engine takes String objects and reads them through these two methods. */
class CountedText extends String {
  readonly #run: Run;
  readonly #price: number;
  #looks = 0;

  constructor(text: string, run: Run, price: number) {
    super(text);
    this.#run = run;
    this.#price = price;
  }

  override charCodeAt(at: number): number {
    if ((++this.#looks & 3) === 0) this.#run.spend(this.#price);
    return super.charCodeAt(at);
  }

  override indexOf(wanted: string, from = 0): number {
    const at = super.indexOf(wanted, from);
    this.#run.spend(((at < 0 ? this.length : at) - from) >> 9);
    return at;
  }
}

type Matcher = ReturnType<RE2JS['matcher']>;

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function groupNames(regex: RE2JS): (string | null)[] {
  const names: (string | null)[] = new Array<string | null>(regex.groupCount()).fill(null);
  for (const [name, group] of Object.entries(regex.namedGroups())) names[group - 1] = name;
  return names;
}

/** Turns UTF-16 offsets, asked for in rising order mostly, into code point offsets. */
function counter(text: string): (at: number) => number {
  if (isPlane0(text)) return (at) => at;
  let units = 0;
  let points = 0;
  return (at) => {
    if (at < units) [units, points] = [0, 0];
    points += codepointLength(text.slice(units, at));
    units = at;
    return points;
  };
}

function read(matcher: Matcher, input: string, names: readonly (string | null)[], position: (at: number) => number): Match {
  const string = input.slice(matcher.start(), matcher.end());
  const offset = position(matcher.start());
  const captures = names.map((name, i): Group => {
    const from = matcher.start(i + 1);
    if (from < 0) return { offset: -1, length: 0, string: null, name };
    const inner = input.slice(from, matcher.end(i + 1));
    return { offset: position(from), length: codepointLength(inner), string: inner, name };
  });
  return { offset, length: codepointLength(string), string, captures };
}

/** The named groups of a match as an object. */
export function namedGroups(match: Match): JsonObject {
  const object: JsonObject = {};
  for (const group of match.captures) if (group.name !== null) put(object, group.name, group.string);
  return object;
}
