import type { Native } from '../native.ts';
export const REGEX_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>();
