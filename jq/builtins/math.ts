// Numeric builtins, as the C library defines them.
import type { Json } from '../json.ts';
import { raise } from '../errors.ts';
import type { Native } from '../native.ts';
import { describe } from '../operators.ts';
import { frexp, gamma, logGamma, roundToEven, scale, significand } from '../numbers.ts';

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : raise(`${describe(value as Json)} number required`);
}

const ONE_ARGUMENT: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  fabs: Math.abs,
  round: (x) => (x < 0 ? -Math.round(-x) : Math.round(x)),
  rint: roundToEven,
  nearbyint: roundToEven,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  pow10: (x) => 10 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  logb: (x) => (x === 0 ? -Infinity : Number.isFinite(x) ? frexp(x)[1] - 1 : Math.abs(x)),
  significand,
  gamma: logGamma,
  lgamma: logGamma,
  tgamma: gamma,
};

const TWO_ARGUMENTS: Readonly<Record<string, (x: number, y: number) => number>> = {
  pow: (x, y) => (x === 1 || y === 0 ? 1 : x === -1 && Math.abs(y) === Infinity ? 1 : x ** y),
  atan2: Math.atan2,
  fmod: (x, y) => x % y,
  fmin: (x, y) => (x !== x ? y : y !== y ? x : Math.min(x, y)),
  fmax: (x, y) => (x !== x ? y : y !== y ? x : Math.max(x, y)),
  fdim: (x, y) => (x !== x || y !== y ? NaN : x > y ? x - y : 0),
  copysign: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  ldexp: (x, y) => scale(x, Math.trunc(y)),
  scalb: (x, y) => scale(x, y),
  scalbln: (x, y) => scale(x, Math.trunc(y)),
  drem: (x, y) => (Math.abs(y) === Infinity && Number.isFinite(x) ? x : x - y * roundToEven(x / y)),
  nextafter: (x, y) => nextAfter(x, y),
  nexttoward: (x, y) => nextAfter(x, y),
};

function nextAfter(from: number, to: number): number {
  if (from !== from || to !== to) return NaN;
  if (from === to) return to;
  if (from === 0) return to > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, from);
  view.setBigInt64(0, view.getBigInt64(0) + (from < to === from > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

function abs(value: Json): Json {
  if (typeof value !== 'number') return raise(`${describe(value)} has no absolute value`);
  return value <= 0 ? 0 - value : value;
}

const isNumber =
  (test: (x: number) => boolean): Native =>
  (_run, value) =>
    test(number(value));

export const MATH_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ...Object.entries(ONE_ARGUMENT).map(([name, fn]): [string, Native] => [`${name}/0`, (_run, value) => fn(number(value))]),
  ...Object.entries(TWO_ARGUMENTS).map(([name, fn]): [string, Native] => [`${name}/2`, (_run, _value, x, y) => fn(number(x), number(y))]),
  ['fma/3', (_run, _value, x, y, z) => number(x) * number(y) + number(z)],
  ['frexp/0', (_run, value) => frexp(number(value))],
  [
    'lgamma_r/0',
    (_run, value) => {
      const x = number(value);
      return [logGamma(x), x < 0 && Math.floor(x) % 2 !== 0 ? -1 : 1];
    },
  ],
  [
    'modf/0',
    (_run, value) => {
      const x = number(value);
      const whole = Math.trunc(x);
      return [Number.isFinite(x) ? x - whole : x !== x ? NaN : Object.is(Math.sign(x), -1) ? -0 : 0, whole];
    },
  ],
  ['abs/0', (_run, value) => abs(value)],
  ['infinite/0', () => Infinity],
  ['nan/0', () => NaN],
  ['isinfinite/0', isNumber((x) => Math.abs(x) === Infinity)],
  ['isnan/0', isNumber((x) => x !== x)],
  ['isnormal/0', isNumber((x) => Number.isFinite(x) && Math.abs(x) >= 2.2250738585072014e-308)],
]);
