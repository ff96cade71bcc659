// `gmtime`, `mktime`, `strftime`, `strptime` and their local-time twins, which also mean UTC.
import { breakDown, formatMoment, toMoment, toSeconds } from '../dates.ts';
import { parseMoment } from '../date-parsing.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Native } from '../native.ts';

function gmtime(name: string): Native {
  return (_run, value) => (typeof value === 'number' ? breakDown(value) : raise(`${name}() requires a number`));
}

function strftime(name: string): Native {
  return (run, value, format) => {
    const parts: Json = typeof value === 'number' ? breakDown(value) : value;
    if (!Array.isArray(parts)) return raise(`${name}/1 requires parsed datetime inputs`);
    if (typeof format !== 'string') return raise(`${name}/1 requires a string format`);
    if (format.length > 64) run.spend(format.length);
    return formatMoment(toMoment(parts, `${name}/1`), format);
  };
}

const strptime: Native = (run, value, format) => {
  if (typeof value !== 'string') return raise(`strptime/1 requires string inputs and arguments`);
  if (typeof format !== 'string') return raise(`strptime/1 requires string inputs and arguments`);
  run.spend((format.length + value.length) >> 6);
  return parseMoment(value, format) ?? raise(`date "${value}" does not match format "${format}"`);
};

const mktime: Native = (_run, value) => {
  if (!Array.isArray(value)) return raise('mktime requires array of 6 numbers');
  return toSeconds(toMoment(value, 'mktime'));
};

export const DATE_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ['gmtime/0', gmtime('gmtime')],
  ['localtime/0', gmtime('localtime')],
  ['mktime/0', mktime],
  ['strftime/1', strftime('strftime')],
  ['strflocaltime/1', strftime('strflocaltime')],
  ['strptime/1', strptime],
]);
